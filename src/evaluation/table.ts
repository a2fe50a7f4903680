import { MAX_PSNR } from "../metrics/psnr.js";
import { printable, tableCell } from "../printable.js";
import { columnTitles, type JudgeColumn, type JudgeFigure, judgeColumns, onlyTop1 } from "./columns.js";
import type { Evaluation, Flips, Row } from "./evaluation.js";
import { gateFigures } from "./gate-risks.js";
import { controlNotes, judgeNotes, powerNotes } from "./notes.js";

/**
 * Evaluations of the same processors as Markdown tables that also line up on a terminal: processors down, judges (top-1, mAP,
 * mIoU or agreement of labels in percent) across; the gain of each processor, in percentage points with the 95 % interval; the flips between
 * processors.
 */
export function evaluationTable(...evaluations: readonly Evaluation[]): string {
  const names = evaluations[0]?.rows.map(({ processor }) => processor) ?? [];
  const columns = evaluations.flatMap(judgeColumns);
  const pairs = columns.length > 0 ? comparedPairs(names) : [];
  return [
    [qualityTable(evaluations, columns), ...evaluations.flatMap(({ rows }) => exactNotes(rows))].join("\n"),
    ...(pairs.length > 0 ? [gainsTable(pairs, columns), ...powerNotes(pairs, columns)] : []),
    ...evaluations.flatMap(flipsBetween),
    ...evaluations.flatMap(gateTables),
    ...(evaluations.length > 1 ? [dataNotes(evaluations)] : []),
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

export const decibels = (psnr: number | null): string => (psnr === null ? "∞" : psnr.toFixed(2));

/** Two processors that are compared. */
export interface Compared {
  readonly processor: string;
  readonly over: string;
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

/** "53.3 [50.6, 56.0]"; "" for a figure that is missing or not defined. */
export const figureText = (figure: JudgeFigure | undefined): string =>
  figure?.value == null || figure.ci95 === null
    ? ""
    : `${figure.value.toFixed(1)} [${figure.ci95.map((bound) => bound.toFixed(1)).join(", ")}]`;

/** "+9.5 [+7.2, +11.7]"; "" for a gain that is missing or not defined. */
export const gainText = (gain: JudgeFigure | undefined): string =>
  gain?.value == null || gain.ci95 === null ? "" : `${signed(gain.value)} [${gain.ci95.map(signed).join(", ")}]`;

/** "+12 -6, p 0.238" */
const flipsText = ({ helpful, harmful, p }: Flips): string =>
  `+${helpful} -${harmful}, p ${p < 0.001 ? "< 0.001" : p.toFixed(3)}`;

/** One decimal with its sign; no sign where it rounds to zero. */
function signed(value: number): string {
  const text = value.toFixed(1);
  return Number(text) === 0 ? "0.0" : value > 0 ? `+${text}` : text;
}

/** A table as Markdown: the first column left-aligned, the others right-aligned. */
export function markdownTable(titles: readonly string[], texts: readonly (readonly string[])[]): string {
  const [header = [], ...rows] = [titles, ...texts].map((cells) => cells.map(tableCell));
  const widths = header.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [header, rule, ...rows].map(line).join("\n");
}
