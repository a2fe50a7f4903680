/** One axis of a tile in input pixels: its output covers `begin` to `end`; its input, with margins, `from` to `to`. */
export interface Span {
  begin: number;
  end: number;
  from: number;
  to: number;
}

/** Tiles begin at multiples of this where possible, so that strided layers sample them at the same phase. */
const GRID = 4;

/**
 * Divides an axis into overlapping tiles of exactly `size` pixels. The last tile is shifted to end with the axis. An axis
 * shorter than the tile has one tile that extends beyond its end.
 * @param radius the network's receptive radius: the margin of a tile, at most a quarter of the tile.
 */
export function fixedSpans(length: number, size: number, radius: number): Span[] {
  if (length <= size) return [{ begin: 0, end: length, from: 0, to: size }];
  const margin = Math.min(radius, Math.floor(size / 4));
  const core = size - 2 * margin;
  const step = Math.floor(core / GRID) * GRID || core;
  const spans: Span[] = [];
  for (let from = 0; ; from += step) {
    const last = from + size >= length;
    const start = last ? length - size : from;
    const begin = spans.at(-1)?.end ?? 0;
    spans.push({ begin, end: last ? length : start + size - margin, from: start, to: start + size });
    if (last) return spans;
  }
}
