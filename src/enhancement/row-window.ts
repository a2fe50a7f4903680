import { mirrored } from "../images/mirror.js";
import type { Span } from "./fixed-tiles.js";
import type { Raster } from "./raster.js";

/** Rows of a raster, in memory of their own or in that of the raster. */
export interface Rows {
  readonly data: Raster["data"];
  /** The row of the raster that `data` begins with. */
  readonly first: number;
}

/** Gives the rows that a row of tiles reads; the rows of tiles are asked for from the top. */
export type RowWindow = (row: Span) => Rows;

/** All rows of a source, which stays as it is. */
export const wholeWindow =
  ({ data }: Raster): RowWindow =>
  () => ({ data, first: 0 });

/**
 * Copies of the rows of a source that is overwritten from the top by the results of the rows of tiles.
 * @returns undefined if a row of tiles would read rows that are overwritten and no longer copied.
 */
export function copyingWindow(source: Raster, rows: readonly Span[]): RowWindow | undefined {
  const reads = rows.map((row) => rangeOf(row, source.height));
  if (reads.some(({ first }, i) => first < (reads[i - 1]?.first ?? 0))) return undefined;
  const line = source.width * source.channels;
  let held: Rows & { readonly end: number } = { data: source.data.slice(0, 0), first: 0, end: 0 };
  return (row) => {
    const { first, end } = rangeOf(row, source.height);
    const kept = held.data.subarray((first - held.first) * line);
    const data = source.data.slice(first * line, end * line);
    data.set(kept.subarray(0, data.length));
    held = { data, first, end };
    return held;
  };
}

/** The rows of an image of this height that a span reads, mirrored beyond the ends. */
function rangeOf({ from, to }: Span, height: number): { first: number; end: number } {
  let [first, end] = [height, 0];
  for (let y = from; y < to; y++) {
    const row = mirrored(y, height);
    first = Math.min(first, row);
    end = Math.max(end, row + 1);
  }
  return { first, end };
}
