import type { Evaluation, Gain } from "./evaluation.js";

/**
 * An evaluation for people, as Markdown that also lines up on a terminal: processors down, recognizers (top-1 in percent)
 * across; then what each processor gains, in percentage points with the 95 % interval.
 */
export function evaluationTable({ rows, gains }: Evaluation): string {
  const recognizers = Object.keys(rows[0]?.recognizers ?? {});
  const main = markdownTable(
    ["processor", "PSNR (dB)", "SSIM", ...recognizers],
    rows.map(({ processor, psnr, ssim, recognizers: accuracies }) => [
      processor,
      psnr === null ? "∞" : psnr.toFixed(2),
      ssim.toFixed(4),
      ...recognizers.map((name) => accuracies[name]?.top1.toFixed(1) ?? ""),
    ]),
  );
  return gains.length === 0 ? main : `${main}\n\n${gainsTable(gains, recognizers)}`;
}

/** What processors gain over others, recognizers across, in percentage points with the 95 % interval, as Markdown. */
export function gainsTable(gains: readonly Gain[], recognizers: readonly string[]): string {
  const pairs = new Map(gains.map((gain) => [`${gain.processor} over ${gain.over}`, gain]));
  return markdownTable(
    ["gain in top-1 (points, 95 %)", ...recognizers],
    [...pairs].map(([title, { processor, over }]) => [
      title,
      ...recognizers.map((name) => {
        const gain = gains.find((g) => g.processor === processor && g.over === over && g.recognizer === name);
        return gain ? gainText(gain) : "";
      }),
    ]),
  );
}

/** "+9.5 [+7.2, +11.7]" */
export const gainText = ({ top1, ci95 }: Pick<Gain, "top1" | "ci95">): string =>
  `${signed(top1)} [${ci95.map(signed).join(", ")}]`;

/** One decimal with its sign; none on what rounds to zero. */
function signed(value: number): string {
  const text = value.toFixed(1);
  return Number(text) === 0 ? "0.0" : value > 0 ? `+${text}` : text;
}

/** A table as Markdown: the first column to the left, the others to the right. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [header, rule, ...rows].map(line).join("\n");
}
