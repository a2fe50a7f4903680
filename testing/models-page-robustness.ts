import { type Compared, samePair } from "../src/evaluation/compared.js";
import type { Evaluation } from "../src/evaluation/evaluation.js";
import type { MeanFigure, MeanGain, Survival, SurvivingFigure } from "../src/evaluation/robustness.js";
import { gainText, markdownTable } from "../src/evaluation/table.js";

/** Mean gains, gains after handlings and the power of lattice patterns, as far as the evaluation has them. */
export function robustnessParts(
  { rows, mean_gains, survival }: Evaluation,
  pairs: readonly Compared[],
  titleOf: (judge: string) => string,
): string[] {
  const means = (mean_gains?.gains ?? []).filter((gain) => pairs.some((pair) => samePair(gain, pair)));
  const patterns = rows.filter(({ lattice }) => lattice);
  const survivals = pairs.flatMap((pair) => survivalTable(survival, pair, titleOf));
  return [
    ...(means.length > 0 ? [meanTable(means)] : []),
    ...(survivals.length > 0 ? ["Gain after handling of all images, with the share of the gain that is left:"] : []),
    ...survivals,
    ...(patterns.length > 0 ? [LATTICE, latticeTable(patterns)] : []),
  ];
}

const LATTICE = `Spectral power at the frequencies of the pixel lattice over that around them (1: no pattern):`;

/** The column of the unseen recognizers is left out where these are all. */
function meanTable(means: readonly MeanGain[]): string {
  const hasUnseen = means.some(({ unseen }) => unseen);
  return markdownTable(
    ["mean gain (points)", "all recognizers", ...(hasUnseen ? ["unseen"] : [])],
    means.map(({ processor, over, unseen, ...all }) => [
      `${processor} over ${over}`,
      gainOf(all),
      ...(hasUnseen ? [gainOf(unseen)] : []),
    ]),
  );
}

function survivalTable(survival: Survival | undefined, pair: Compared, titleOf: (judge: string) => string): string[] {
  const rows = (survival?.handlings ?? []).flatMap(({ after, gains }) => {
    const found = gains.find((gain) => samePair(gain, pair));
    return found ? [{ after, ...found }] : [];
  });
  const [first] = rows;
  if (!first) return [];
  const judges = Object.keys(first.judges);
  const title = `${pair.processor} over ${pair.over}, after`;
  const cells = rows.map(({ after, judges: gains, mean, unseen }) => [
    after,
    ...judges.map((judge) => gainOf(gains[judge])),
    ...(first.mean ? [gainOf(mean)] : []),
    ...(first.unseen ? [gainOf(unseen)] : []),
  ]);
  const titles = [...judges.map(titleOf), ...(first.mean ? ["mean"] : []), ...(first.unseen ? ["mean of unseen"] : [])];
  return [markdownTable([title, ...titles], cells)];
}

/** "+3.1 [+1.2, +5.0], 72 %" */
function gainOf(gain: MeanFigure | SurvivingFigure | undefined): string {
  if (!gain) return "";
  const left = "left" in gain && gain.left !== null ? `, ${gain.left.toFixed(0)} %` : "";
  return `${gainText({ value: gain.points, ci95: gain.ci95 })}${left}`;
}

const latticeTable = (rows: Evaluation["rows"]): string =>
  markdownTable(
    ["processor", "at (1/4, 1/4)", "at (1/2, 1/2)"],
    rows.map(({ processor, lattice }) => [processor, powerText(lattice?.quarter), powerText(lattice?.half)]),
  );

const powerText = (power: number | null | undefined): string => power?.toFixed(2) ?? "";
