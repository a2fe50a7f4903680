import { meanPsnr } from "../metrics/psnr.js";
import { accuracies } from "./accuracies.js";
import type { Evaluation, EvaluationSetting, Row } from "./evaluation.js";
import { gateRisks } from "./gate-risks.js";
import { labelAgreements } from "./label-agreements.js";
import { meanIous } from "./mean-ious.js";
import { meanPrecisions } from "./mean-precisions.js";
import { type Measurements, measuredRow, pairsOf } from "./measurements.js";

/** Means, figures of the judges, gains and flips with their intervals, from the measurements of single images. */
export function summarize(setting: EvaluationSetting, measurements: Measurements): Evaluation {
  const pairs = pairsOf(measurements);
  const classes = accuracies(measurements, pairs, setting.seed);
  const boxes = meanPrecisions(measurements, pairs, setting.seed);
  const maps = meanIous(measurements, pairs, setting.seed);
  const labels = labelAgreements(measurements, pairs, setting);
  const risks = gateRisks(measurements, setting);
  const rows = measurements.processors.map((processor, i) => ({
    processor,
    ...qualityOf(measurements, i),
    recognizers: classes.rows[i] ?? {},
    ...(boxes && { detectors: boxes.rows[i] ?? {} }),
    ...(maps && { segmenters: maps.rows[i] ?? {} }),
    ...(labels && { services: labels.rows[i] ?? {} }),
  }));
  return {
    ...{ ...setting, rows, gains: classes.gains, flips: classes.flips },
    ...(risks.length > 0 && { gate_risks: risks }),
    ...(boxes && { detection: boxes.setting, detector_gains: boxes.gains }),
    ...(maps && { segmentation: maps.setting, segmenter_gains: maps.gains }),
    ...(labels && { label_agreement: labels.setting, service_gains: labels.gains }),
  };
}

/** The means of a row. */
function qualityOf(measurements: Measurements, row: number): Omit<Row, "processor" | "recognizers"> {
  const measured = measuredRow(measurements, row);
  const luma = measured[0]?.psnr_y !== undefined;
  const exact = measured.filter(({ psnr }) => psnr === Number.POSITIVE_INFINITY).length;
  return {
    psnr: meanPsnr(measured.map(({ psnr }) => psnr)),
    ...(exact > 0 && exact < measured.length && { exact }),
    ssim: mean(measured.map(({ ssim }) => ssim)),
    ...(luma && {
      psnr_y: meanPsnr(measured.map(({ psnr_y }) => psnr_y as number)),
      ssim_y: mean(measured.map(({ ssim_y }) => ssim_y as number)),
    }),
  };
}

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
