import { mirrored } from "../images/mirror.js";
import { restorePlanes } from "../processors/geometry.js";
import type { Processor } from "../processors/processor.js";
import { fixedSpans, type Span } from "./fixed-tiles.js";
import { blankRaster, peakOf, type Raster } from "./raster.js";

/** Side of a tile in input pixels, without its margin. */
export const defaultTile = 128;

/** With a margin of about 20 pixels on each side, smaller tiles would take many times as long. */
export const smallestTile = 32;

/** Tiles with their margins begin at multiples of this, so that strided layers sample every tile at the same phase. */
const minGrid = 4;

export interface TileOptions {
  /** Called after each tile with the completed share, 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Stops after the running tile. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a processor on an image of any size, tile by tile. The margin of a tile is the network's receptive radius, so the
 * tiles join without seams. Beyond the edges of the image its pixels are mirrored, as far as the processor's border; further
 * at the lower right if the network needs sizes that are multiples of a number. A network of fixed size gets tiles of that size (see `fixedSpans`).
 * Alpha remains 0.
 * @param tile the largest side of a tile in input pixels, without its margin.
 * @throws the signal's reason when it aborts.
 */
export async function processTiled(
  processor: Processor,
  source: Raster,
  tile: number,
  { onProgress, signal }: TileOptions = {},
): Promise<Raster> {
  const { scale, multiple, fixed } = await processor.geometry();
  const grid = Math.max(minGrid, multiple);
  const whole = fixed !== undefined || (source.width <= tile && source.height <= tile);
  const margin = whole ? 0 : upTo(await processor.receptiveRadius(), grid);
  const border = await processor.border();
  const spans = (length: number): Span[] =>
    cut(length, tile, grid).map(({ begin, end }) => ({
      begin,
      end,
      from: begin === 0 ? -border : Math.max(-border, begin - margin),
      to: upTo(end === length ? length + border : Math.min(length + border, end + margin), multiple),
    }));
  const radius = fixed ? await processor.receptiveRadius() : 0;
  const columns = fixed ? fixedSpans(source.width, fixed.width, radius) : spans(source.width);
  const rows = fixed ? fixedSpans(source.height, fixed.height, radius) : spans(source.height);
  const result = blankRaster(source.width * scale, source.height * scale, source);
  let done = 0;
  for (const row of rows)
    for (const column of columns) {
      signal?.throwIfAborted();
      const input = readPlanes(source, column, row);
      const output = await restorePlanes(processor, input, column.to - column.from, row.to - row.from);
      writeCore(result, output, column, row, scale);
      onProgress?.(++done / (rows.length * columns.length));
    }
  signal?.throwIfAborted();
  return result;
}

/** Divides an axis into equal parts of about `tile` pixels or less that begin at multiples of `grid`. */
function cut(length: number, tile: number, grid: number): { begin: number; end: number }[] {
  const step = upTo(length / Math.ceil(length / tile), grid);
  const begins = Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
  return begins.map((begin) => ({ begin, end: Math.min(length, begin + step) }));
}

const upTo = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** The input of a tile with its margins: [3, height, width] in [0, 1]. */
function readPlanes(source: Raster, column: Span, row: Span): Float32Array {
  const { width, height, channels, data } = source;
  const peak = peakOf(source);
  const area = (column.to - column.from) * (row.to - row.from);
  const planes = new Float32Array(3 * area);
  let to = 0;
  const columns = Int32Array.from({ length: column.to - column.from }, (_, i) => mirrored(column.from + i, width));
  for (let y = row.from; y < row.to; y++) {
    const line = mirrored(y, height) * width;
    for (const x of columns) {
      const from = (line + x) * channels;
      planes[to] = (data[from] as number) / peak;
      planes[area + to] = (data[from + 1] as number) / peak;
      planes[2 * area + to++] = (data[from + 2] as number) / peak;
    }
  }
  return planes;
}

/** Copies a tile's output without its margins into the result. */
function writeCore(result: Raster, planes: Float32Array, column: Span, row: Span, scale: number): void {
  const { width, channels, data } = result;
  const peak = peakOf(result);
  const planeWidth = (column.to - column.from) * scale;
  const area = planeWidth * (row.to - row.from) * scale;
  for (let y = row.begin * scale; y < row.end * scale; y++) {
    let from = (y - row.from * scale) * planeWidth + (column.begin - column.from) * scale;
    let to = (y * width + column.begin * scale) * channels;
    const end = (y * width + column.end * scale) * channels;
    for (; to < end; to += channels, from++) {
      data[to] = quantized(planes[from] as number, peak);
      data[to + 1] = quantized(planes[area + from] as number, peak);
      data[to + 2] = quantized(planes[2 * area + from] as number, peak);
    }
  }
}

/** Maps [0, 1] to 0..peak, clamped and rounded half up. */
const quantized = (value: number, peak: number): number => Math.floor(Math.min(Math.max(value, 0), 1) * peak + 0.5);
