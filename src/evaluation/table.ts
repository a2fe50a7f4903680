import { MAX_PSNR } from "../metrics/psnr.js";
import { tableCell } from "../printable.js";
import type { Evaluation, Flips, Gain, Row } from "./evaluation.js";

/**
 * An evaluation as Markdown tables that also line up on a terminal: processors down, judges (top-1 in percent) across; the
 * gain of each processor, in percentage points with the 95 % interval; the flips between processors.
 */
export function evaluationTable({ rows, gains, flips }: Evaluation): string {
  const judges = Object.keys(rows[0]?.recognizers ?? {});
  const between = flips.filter(({ over }) => over !== rows[0]?.processor);
  return [
    [qualityTable(rows, judges), ...exactNotes(rows)].join("\n"),
    ...(gains.length > 0 ? [gainsTable(gains, judges)] : []),
    ...(between.length > 0 ? [flipsTable(between, judges)] : []),
  ].join("\n\n");
}

function qualityTable(rows: readonly Row[], judges: readonly string[]): string {
  const luma = rows.some(({ ssim_y }) => ssim_y !== undefined);
  return markdownTable(
    ["processor", "PSNR (dB)", "SSIM", ...(luma ? ["PSNR-Y (dB)", "SSIM-Y"] : []), ...judges],
    rows.map(({ processor, psnr, ssim, psnr_y = null, ssim_y = Number.NaN, recognizers }) => [
      processor,
      decibels(psnr),
      ssim.toFixed(4),
      ...(luma ? [decibels(psnr_y), ssim_y.toFixed(4)] : []),
      ...judges.map((name) => recognizers[name]?.top1.toFixed(1) ?? ""),
    ]),
  );
}

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

/** Gains in percentage points with the 95 % interval, pairs of processors down, judges across, as Markdown. */
export const gainsTable = (gains: readonly Gain[], judges: readonly string[]): string =>
  pairsTable("gain in top-1 (points, 95 %)", gains, judges, gainText);

/** Flips of each pair of processors, judges across, as Markdown. */
export const flipsTable = (flips: readonly Flips[], judges: readonly string[]): string =>
  pairsTable("flips in top-1 (helpful, harmful, McNemar's p)", flips, judges, flipsText);

/** The comparison of two processors by one judge. */
type Comparison = Pick<Gain, "processor" | "over" | "recognizer">;

function pairsTable<T extends Comparison>(
  title: string,
  comparisons: readonly T[],
  judges: readonly string[],
  textOf: (comparison: T) => string,
): string {
  const titleOf = ({ processor, over }: Comparison) => `${processor} over ${over}`;
  return markdownTable(
    [title, ...judges],
    [...new Set(comparisons.map(titleOf))].map((pair) => [
      pair,
      ...judges.map((name) => {
        const comparison = comparisons.find((each) => titleOf(each) === pair && each.recognizer === name);
        return comparison ? textOf(comparison) : "";
      }),
    ]),
  );
}

/** "+9.5 [+7.2, +11.7]" */
export const gainText = ({ top1, ci95 }: Pick<Gain, "top1" | "ci95">): string =>
  `${signed(top1)} [${ci95.map(signed).join(", ")}]`;

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
