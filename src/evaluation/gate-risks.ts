import { changesOf } from "./changes.js";
import type { Evaluation, EvaluationSetting, GateRisk } from "./evaluation.js";
import { type Measurements, measuredRow } from "./measurements.js";
import { resampledFigure } from "./resampled.js";

/** What the gates of an evaluation do to its images; none without classifiers. */
export const gateRisks = (measurements: Measurements, { gates = [], seed }: EvaluationSetting): GateRisk[] =>
  gates.flatMap(({ name, over }) => {
    const { processors, images } = measurements;
    const all = changesOf(measurements, processors.indexOf(over));
    if (!all) return [];
    const processed = measuredRow(measurements, processors.indexOf(name)).map((row) => row.processed === true);
    const shareOf = (chosen: readonly boolean[], copies?: Uint32Array): number => {
      let [harm, count] = [0, 0];
      for (const [i, { harm: share }] of all.entries())
        if (chosen[i]) {
          harm += share * (copies?.[i] ?? 1);
          count += copies?.[i] ?? 1;
        }
      return harm / count;
    };
    const risk = resampledFigure(images.length, (copies) => shareOf(processed, copies), seed);
    const share = processed.filter(Boolean).length / images.length;
    return [
      {
        processor: name,
        processed: 100 * share,
        ...{ risk: risk.percent, risk_ci95: risk.ci95 },
        risk_without: 100 * shareOf(processed.map(() => true)),
        risk_of_all: (risk.percent ?? 0) * share,
      },
    ];
  });

/** "5 % with probability 0.9" */
export const limitText = ({ alpha, delta }: { readonly alpha: number; readonly delta: number }): string =>
  `${Number((100 * alpha).toPrecision(6))} % with probability ${Number((1 - delta).toPrecision(6))}`;

/** The figures of gates as a table. */
export function gateFigures({ gates = [], gate_risks: risks = [] }: Evaluation) {
  const percent = (value: number | null) => value?.toFixed(1) ?? "";
  return {
    titles: [
      "gate",
      "processed (%)",
      "risk: harm to the processed (%, 95 %)",
      "limit",
      "without the gate (%)",
      "harm to all (%)",
    ],
    texts: risks.map(({ processor, processed, risk, risk_ci95: interval, risk_without: without, risk_of_all: all }) => {
      const gate = gates.find(({ name }) => name === processor);
      return [
        processor,
        percent(processed),
        risk === null || interval === null ? "" : `${percent(risk)} [${interval.map(percent).join(", ")}]`,
        gate ? limitText(gate) : "",
        percent(without),
        percent(all),
      ];
    }),
  };
}
