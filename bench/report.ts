import { columns } from "../src/inspection/text.js";
import { median } from "../src/metrics/median.js";
import type { Absent, Raced } from "./race.js";
import { LOWER_PRECISION } from "./rivals.js";

/** A row of the file that `--json` writes. */
export interface Row {
  readonly work: string;
  readonly rival: string;
  readonly version: string;
  readonly batch: number;
  /** Image files of a pipeline, which are decoded only in the first epoch; null for other workloads. */
  readonly images: number | null;
  readonly ms_per_image: { readonly min: number; readonly median: number; readonly max: number };
  readonly images_per_second: number;
  /** The loss of the last step, and all steps until then, of rivals with the same weights and images; null of others. */
  readonly loss: { readonly steps: number; readonly value: number } | null;
  /** Computed from the median time; null for workloads whose arithmetic is not counted. */
  readonly gflops: number | null;
  readonly share_of_peak: number | null;
  /** Peak memory of the process, including its start. */
  readonly peak_mib: number;
  /** Peak memory since the rival was ready; null if unknown. */
  readonly step_mib: number | null;
}

/** The row of a measurement. */
export async function rowOf({ work, ms, batch, ...entry }: Raced, peakGflops: number): Promise<Row> {
  const perImage = ms.map((time) => time / batch).sort((a, b) => a - b);
  const typical = median(perImage);
  const gflop = await work.gflop();
  const gflops = gflop && (1000 * gflop) / typical;
  return {
    work: work.name,
    rival: entry.rival,
    version: entry.version,
    batch,
    images: entry.images,
    ms_per_image: {
      min: rounded(perImage[0] ?? 0, 2),
      median: rounded(typical, 2),
      max: rounded(perImage.at(-1) ?? 0, 2),
    },
    images_per_second: rounded(1000 / typical, 2),
    loss: entry.loss,
    gflops: gflops && rounded(gflops, 1),
    share_of_peak: gflops && rounded(gflops / peakGflops, 3),
    peak_mib: rounded(entry.peak_mib, 0),
    step_mib: entry.step_mib && rounded(entry.step_mib, 0),
  };
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Prints the table, the missing rivals, and Legible's speed relative to each rival. */
export function printReport(rows: readonly Row[], missing: readonly Absent[]): void {
  const titles = [
    "work",
    "batch",
    "rival",
    "ms/image",
    "min",
    "max",
    "images/s",
    "GFLOP/s",
    "of peak",
    "MiB",
    "MiB in steps",
  ];
  const cells = rows.map((row) => [
    row.work,
    String(row.batch),
    row.rival,
    ...[row.ms_per_image.median, row.ms_per_image.min, row.ms_per_image.max, row.images_per_second].map(String),
    row.gflops === null ? "" : row.gflops.toFixed(0),
    row.share_of_peak === null ? "" : `${(100 * row.share_of_peak).toFixed(0)} %`,
    String(row.peak_mib),
    String(row.step_mib ?? ""),
  ]);
  console.log(columns([titles, ...cells], 0).join("\n"));
  console.log(`\nversions: ${[...new Set(rows.map(({ rival, version }) => `${rival} ${version}`))].join(", ")}`);
  for (const { work, batch, rival, missing: reason } of missing)
    console.log(`missing: ${rival} for ${work}, batch ${batch}: ${reason}`);
  for (const { work, batch, rival, loss } of rows)
    if (loss)
      console.log(`loss of ${work}, batch ${batch}, after ${loss.steps} steps: ${loss.value.toFixed(5)} ${rival}`);
  for (const line of ratios(rows)) console.log(line);
}

/** Legible's speed relative to each rival, per workload and batch size, with PyTorch's best form in float32 first. */
function ratios(rows: readonly Row[]): string[] {
  const lines = ["", "speed of legible relative to"];
  for (const own of rows.filter(({ rival }) => rival === "legible")) {
    const others = rows.filter(
      ({ work, batch, rival }) => work === own.work && batch === own.batch && rival !== "legible",
    );
    const over = (row: Row) =>
      `${(row.ms_per_image.median / own.ms_per_image.median).toFixed(2)} x ${row.rival}` +
      (LOWER_PRECISION.includes(row.rival) ? " (lower precision)" : "");
    const sorted = others.toSorted((a, b) => a.ms_per_image.median - b.ms_per_image.median);
    const best = sorted.find(({ rival }) => rival.startsWith("pytorch") && !LOWER_PRECISION.includes(rival));
    const rest = sorted.filter((row) => row !== best).map(over);
    const parts = best ? [`${over(best)} (best PyTorch)`, ...rest] : rest;
    if (parts.length > 0) lines.push(`${own.work}, batch ${own.batch}: ${parts.join(", ")}`);
  }
  return lines.length > 2 ? lines : [];
}
