import { meanPsnr } from "../metrics/psnr.js";
import { accuracies, top1Figures } from "./accuracies.js";
import { correlationsOf } from "./correlations.js";
import type { Evaluation, EvaluationSetting, Row } from "./evaluation.js";
import { gateRisks } from "./gate-risks.js";
import type { JudgeFigures } from "./judge-figures.js";
import { labelAgreements } from "./label-agreements.js";
import { latticeOf } from "./lattices.js";
import { judgeGroup, meanGains } from "./mean-gains.js";
import { meanIous } from "./mean-ious.js";
import { meanPrecisions } from "./mean-precisions.js";
import { type Measurements, measuredRow, type Pair, pairsOf } from "./measurements.js";
import { survivalOf } from "./survival.js";

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
    ...qualityOf(measurements, i, setting.seed),
    recognizers: classes.rows[i] ?? {},
    ...(boxes && { detectors: boxes.rows[i] ?? {} }),
    ...(maps && { segmenters: maps.rows[i] ?? {} }),
    ...(labels && { services: labels.rows[i] ?? {} }),
  }));
  const figures = [
    top1Figures(measurements, setting.seed),
    ...[boxes, maps, labels].map((kind) => kind?.figures ?? []),
  ];
  return {
    ...{ ...setting, rows, gains: classes.gains, flips: classes.flips },
    ...(risks.length > 0 && { gate_risks: risks }),
    ...(boxes && { detection: boxes.setting, detector_gains: boxes.gains }),
    ...(maps && { segmentation: maps.setting, segmenter_gains: maps.gains }),
    ...(labels && { label_agreement: labels.setting, service_gains: labels.gains }),
    ...acrossJudges({ setting, measurements, pairs, rows, figures }),
  };
}

interface Summary {
  readonly setting: EvaluationSetting;
  readonly measurements: Measurements;
  readonly pairs: readonly Pair[];
  readonly rows: readonly Row[];
  /** Of classifiers, detectors, segmenters and services. */
  readonly figures: readonly (readonly JudgeFigures[])[];
}

/** Means over judges, what is left of gains after handlings, and correlations over processors. */
function acrossJudges({ setting, measurements, pairs, rows, figures }: Summary) {
  const [plain, group] = [figures.flat(), judgeGroup(figures, setting)];
  const survival = survivalOf(measurements, pairs, setting, { plain, group });
  const { control } = setting;
  const correlation = correlationsOf({ rows, figures: plain, group, ...(control && { control }) });
  return {
    ...(group && pairs.length > 0 && { mean_gains: meanGains(plain, group, pairs, measurements) }),
    ...(survival && { survival }),
    ...(correlation && { correlation }),
  };
}

/** The means of a row. */
function qualityOf(measurements: Measurements, row: number, seed: number): Omit<Row, "processor" | "recognizers"> {
  const measured = measuredRow(measurements, row);
  const luma = measured[0]?.psnr_y !== undefined;
  const exact = measured.filter(({ psnr }) => psnr === Number.POSITIVE_INFINITY).length;
  const lattice = latticeOf(measurements, row, seed);
  return {
    psnr: meanPsnr(measured.map(({ psnr }) => psnr)),
    ...(exact > 0 && exact < measured.length && { exact }),
    ssim: mean(measured.map(({ ssim }) => ssim)),
    ...(luma && {
      psnr_y: meanPsnr(measured.map(({ psnr_y }) => psnr_y as number)),
      ssim_y: mean(measured.map(({ ssim_y }) => ssim_y as number)),
    }),
    ...(lattice && { lattice }),
  };
}

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
