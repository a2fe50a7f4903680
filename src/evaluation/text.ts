import { signed } from "../number-text.js";
import { tableCell } from "../printable.js";
import type { JudgeFigure } from "./columns.js";

/** "24.65"; "∞" for null. */
export const decibels = (psnr: number | null): string => (psnr === null ? "∞" : psnr.toFixed(2));

/** "53.3 [50.6, 56.0]"; "" for a figure that is missing or not defined. */
export const figureText = (figure: JudgeFigure | undefined): string =>
  figure?.value == null || figure.ci95 === null
    ? ""
    : `${figure.value.toFixed(1)} [${figure.ci95.map((bound) => bound.toFixed(1)).join(", ")}]`;

/** "+9.5 [+7.2, +11.7]"; "" for a gain that is missing or not defined. */
export const gainText = (gain: JudgeFigure | undefined): string =>
  gain?.value == null || gain.ci95 === null
    ? ""
    : `${signed(gain.value)} [${gain.ci95.map((bound) => signed(bound)).join(", ")}]`;

/** A table as Markdown: the first column left-aligned, the others right-aligned. */
export function markdownTable(titles: readonly string[], texts: readonly (readonly string[])[]): string {
  const [header = [], ...rows] = [titles, ...texts].map((cells) => cells.map(tableCell));
  const widths = header.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [header, rule, ...rows].map(line).join("\n");
}
