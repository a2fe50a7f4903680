import { MAX_PSNR } from "../metrics/psnr.js";
import { printable } from "../printable.js";
import { columnTitles, type JudgeColumn, judgeColumns, meanColumns, onlyTop1 } from "./columns.js";
import type { Compared } from "./compared.js";
import type { Evaluation, Flips, Row } from "./evaluation.js";
import { gateFigures } from "./gate-risks.js";
import { controlNotes, correlationNotes, judgeNotes, latticeNotes, powerNotes, seenNotes } from "./notes.js";
import { survivalTables } from "./survival-table.js";
import { decibels, gainText, markdownTable } from "./text.js";

export { decibels, figureText, gainText, markdownTable } from "./text.js";

/**
 * Evaluations of the same processors as Markdown tables that also line up on a terminal: processors down, judges (top-1, mAP,
 * mIoU or agreement of labels in percent) across; the gain of each processor, in percentage points with the 95 % interval; the flips between
 * processors.
 */
export function evaluationTable(...evaluations: readonly Evaluation[]): string {
  const names = evaluations[0]?.rows.map(({ processor }) => processor) ?? [];
  const columns = evaluations.flatMap(judgeColumns);
  const means = evaluations.flatMap((evaluation, place) =>
    meanColumns(evaluation, evaluations.length > 1 ? ` ${dataMark(place)}` : ""),
  );
  const pairs = columns.length > 0 ? comparedPairs(names) : [];
  return [
    [
      qualityTable(evaluations, columns),
      ...evaluations.flatMap(({ rows }) => exactNotes(rows)),
      ...(evaluations.length === 1 ? evaluations.flatMap(latticeNotes) : []),
    ].join("\n"),
    ...(pairs.length > 0 ? [gainsTable(pairs, [...columns, ...means]), ...powerNotes(pairs, columns)] : []),
    ...evaluations.flatMap(flipsBetween),
    ...evaluations.flatMap(survivalTables),
    ...evaluations.flatMap(correlationNotes),
    ...evaluations.flatMap(gateTables),
    ...(evaluations.length > 1 ? [dataNotes(evaluations)] : []),
    ...evaluations.flatMap(seenNotes),
    ...evaluations.flatMap(judgeNotes),
    ...evaluations.flatMap(controlNotes),
  ].join("\n\n");
}

/** Every processor with "none" and with each processor before it. @param names of the rows, in order. */
export const comparedPairs = (names: readonly string[]): Compared[] =>
  names.slice(1, -1).flatMap((processor, i) => names.slice(0, i + 1).map((over) => ({ processor, over })));

function qualityTable(evaluations: readonly Evaluation[], columns: readonly JudgeColumn[]): string {
  const measures = evaluations.flatMap(qualityColumns);
  return markdownTable(
    ["processor", ...measures.map(({ title }) => title), ...columnTitles(columns)],
    (evaluations[0]?.rows ?? []).map(({ processor }, i) => [
      processor,
      ...measures.map(({ texts }) => texts[i] ?? ""),
      ...columns.map(({ figureOf }) => figureOf(processor)?.value?.toFixed(1) ?? ""),
    ]),
  );
}

/** The measures of image quality as columns; beside others, those on RGB alone, with a mark of the data. */
function qualityColumns({ rows }: Evaluation, place: number, { length }: readonly Evaluation[]) {
  const luma = length === 1 && rows.some(({ ssim_y }) => ssim_y !== undefined);
  const lattice = length === 1 && rows.some((row) => row.lattice !== undefined);
  const column = (title: string, textOf: (row: Row) => string) => ({
    title: length > 1 ? `${title} ${dataMark(place)}` : title,
    texts: rows.map(textOf),
  });
  return [
    column("PSNR (dB)", ({ psnr }) => decibels(psnr)),
    column("SSIM", ({ ssim }) => ssim.toFixed(4)),
    ...(luma
      ? [
          column("PSNR-Y (dB)", ({ psnr_y = null }) => decibels(psnr_y)),
          column("SSIM-Y", ({ ssim_y = Number.NaN }) => ssim_y.toFixed(4)),
        ]
      : []),
    ...(lattice
      ? [
          column("lattice 1/4", (row) => row.lattice?.quarter?.toFixed(1) ?? ""),
          column("lattice 1/2", (row) => row.lattice?.half?.toFixed(1) ?? ""),
        ]
      : []),
  ];
}

/** The mark of an evaluation's data in titles: "(1)". */
export const dataMark = (place: number): string => `(${place + 1})`;

/** A line for each evaluation: its mark, images, protocol and judges. */
export const dataNotes = (evaluations: readonly Evaluation[]): string =>
  evaluations
    .map((evaluation, place) => {
      const { data, protocol } = evaluation;
      const folders = `${data.folders.join(", ")}${data.selection ? ` (${data.selection})` : ""}`;
      const judges = [...new Set(judgeColumns(evaluation).map(({ judge }) => judge))];
      return printable(
        `- ${dataMark(place)} ${data.count} images of ${folders}, protocol ${protocol}: ${judges.join(", ") || "no judges"}`,
      );
    })
    .join("\n");

/** The flips of an evaluation between processors, as a table; none if there are no pairs or no classifiers. */
function flipsBetween({ rows, flips }: Evaluation): string[] {
  const between = flips.filter(({ over }) => over !== rows[0]?.processor);
  return between.length > 0 ? [flipsTable(between, Object.keys(rows[0]?.recognizers ?? {}))] : [];
}

/** What gates do, as a table; none without gates. */
const gateTables = (evaluation: Evaluation): string[] => {
  const { titles, texts } = gateFigures(evaluation);
  return texts.length > 0 ? [markdownTable(titles, texts)] : [];
};

/** A line on images whose PSNR is infinite, where there are some. */
export function exactNotes(rows: readonly Row[]): string[] {
  const counts = rows.flatMap(({ processor, exact }) => (exact === undefined ? [] : [`${processor} ${exact}`]));
  return counts.length === 0
    ? []
    : [
        `Images equal to the clean ones: ${counts.join(", ")}. In the mean PSNR an image counts with at most ${MAX_PSNR} dB.`,
      ];
}

const titleOf = ({ processor, over }: Compared): string => `${processor} over ${over}`;

/** Gains in percentage points with the 95 % interval, pairs of processors down, judges across, as Markdown. */
export const gainsTable = (pairs: readonly Compared[], columns: readonly JudgeColumn[]): string =>
  markdownTable(
    [`gain${onlyTop1(columns) ? " in top-1" : ""} (points, 95 %)`, ...columnTitles(columns)],
    pairs.map(({ processor, over }) => [
      titleOf({ processor, over }),
      ...columns.map(({ gainOf }) => gainText(gainOf(processor, over))),
    ]),
  );

/** Flips of each pair of processors, classifiers across, as Markdown. */
export const flipsTable = (flips: readonly Flips[], judges: readonly string[]): string =>
  markdownTable(
    ["flips in top-1 (helpful, harmful, McNemar's p)", ...judges],
    [...new Set(flips.map(titleOf))].map((pair) => [
      pair,
      ...judges.map((name) => {
        const found = flips.find((each) => titleOf(each) === pair && each.recognizer === name);
        return found ? flipsText(found) : "";
      }),
    ]),
  );

/** "+12 -6, p 0.238" */
const flipsText = ({ helpful, harmful, p }: Flips): string =>
  `+${helpful} -${harmful}, p ${p < 0.001 ? "< 0.001" : p.toFixed(3)}`;
