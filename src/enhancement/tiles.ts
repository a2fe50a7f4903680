import { isOutOfMemory, UserError } from "../errors.js";
import { mirrored } from "../images/mirror.js";
import { restorePlanes } from "../processors/geometry.js";
import type { Processor } from "../processors/processor.js";
import { fixedSpans, type Span } from "./fixed-tiles.js";
import { blankRaster, peakOf, type Raster } from "./raster.js";
import { copyingWindow, type Rows, wholeWindow } from "./row-window.js";
import { smallestTile, tileFor } from "./tile-size.js";

/** Tiles with their margins begin at multiples of this, so that strided layers sample every tile at the same phase. */
const minGrid = 4;

export interface TileOptions {
  /** Whether the result may be in the memory of the source, which it then overwrites; only at scale 1. Default: false. */
  readonly inPlace?: boolean;
  /** Called after each tile with the completed share, 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Stops after the running tile. */
  readonly signal?: AbortSignal | undefined;
  /** Called when memory does not suffice for a tile, with the largest side of the tiles that are tried from then on. */
  readonly onReducedTile?: ((tile: number) => void) | undefined;
}

/**
 * Runs a processor on an image of any size, tile by tile. The margin of a tile is the network's receptive radius, so the
 * tiles join without seams. Beyond the edges of the image its pixels are mirrored, as far as the processor's border; further
 * at the lower right if the network needs sizes that are multiples of a number. A network of fixed size gets tiles of that size (see `fixedSpans`).
 * If memory does not suffice for a tile, it and the later ones are divided into four, down to a side of 32.
 * Alpha remains 0, or that of the source in its memory.
 * @param tile the largest side of a tile in input pixels, without its margin. Default: see `tileFor`.
 * @throws the signal's reason when it aborts; UserError when memory does not suffice for the smallest tile.
 */
export async function processTiled(
  processor: Processor,
  source: Raster,
  tile?: number,
  { onProgress, signal, inPlace = false, onReducedTile }: TileOptions = {},
): Promise<Raster> {
  const { scale, fixed } = await processor.geometry();
  const [columns, rows] = fixed
    ? await fixedAxes(processor, source, fixed)
    : await axes(processor, source, tile ?? (await tileFor(processor, source)));
  const copies = inPlace && scale === 1 ? copyingWindow(source, rows.spans) : undefined;
  const result = copies ? source : blankRaster(source.width * scale, source.height * scale, source);
  const windowOf = copies ?? wholeWindow(source);
  const runner = new TileRunner(processor, { source, result, scale, columns, rows, signal, onReducedTile });
  let done = 0;
  for (const row of rows.spans) {
    const lines = windowOf(row);
    for (const column of columns.spans) {
      await runner.run(lines, column, row);
      onProgress?.(++done / (rows.spans.length * columns.spans.length));
    }
  }
  signal?.throwIfAborted();
  return result;
}

/** The tiles along an axis of the image. */
interface Axis {
  readonly spans: readonly Span[];
  /** Divides a span in two; undefined if its size is fixed. */
  readonly halves: ((span: Span) => Promise<Span[]>) | undefined;
}

async function fixedAxes(processor: Processor, source: Raster, fixed: { width: number; height: number }) {
  const radius = await processor.receptiveRadius();
  const axis = (length: number, size: number): Axis => ({
    spans: fixedSpans(length, size, radius),
    halves: undefined,
  });
  return [axis(source.width, fixed.width), axis(source.height, fixed.height)] as const;
}

async function axes(processor: Processor, source: Raster, tile: number): Promise<readonly [Axis, Axis]> {
  const { multiple } = await processor.geometry();
  const border = await processor.border();
  const grid = Math.max(minGrid, multiple);
  const marginOf = async (): Promise<number> => upTo(await processor.receptiveRadius(), grid);
  const isWhole = source.width <= tile && source.height <= tile;
  const margin = isWhole ? 0 : await marginOf();
  const axis = (length: number): Axis => {
    const spanOf = ([begin, end]: readonly [number, number], around: number): Span => ({
      begin,
      end,
      from: begin === 0 ? -border : Math.max(-border, begin - around),
      to: upTo(end === length ? length + border : Math.min(length + border, end + around), multiple),
    });
    return {
      spans: cut(0, length, tile, grid).map((part) => spanOf(part, margin)),
      async halves({ begin, end }) {
        const around = await marginOf();
        return cut(begin, end, Math.ceil((end - begin) / 2), grid).map((part) => spanOf(part, around));
      },
    };
  };
  return [axis(source.width), axis(source.height)];
}

/** Divides the part of an axis into equal parts of about `tile` pixels or less that begin at multiples of `grid`. */
function cut(begin: number, end: number, tile: number, grid: number): (readonly [begin: number, end: number])[] {
  const length = end - begin;
  const step = upTo(length / Math.ceil(length / tile), grid);
  const begins = Array.from({ length: Math.ceil(length / step) }, (_, i) => begin + i * step);
  return begins.map((from) => [from, Math.min(end, from + step)]);
}

const upTo = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

interface TileRun extends Pick<TileOptions, "signal" | "onReducedTile"> {
  readonly source: Raster;
  readonly result: Raster;
  readonly scale: number;
  readonly columns: Axis;
  readonly rows: Axis;
}

/** Runs tiles, in parts where memory does not suffice. */
class TileRunner {
  /** Tiles with a longer side are divided. */
  private largest = Number.POSITIVE_INFINITY;

  constructor(
    private readonly processor: Processor,
    private readonly context: TileRun,
  ) {}

  async run(lines: Rows, column: Span, row: Span): Promise<void> {
    const { source, result, scale, signal } = this.context;
    signal?.throwIfAborted();
    if (sideOf(column, row) > this.largest) return this.runParts(lines, column, row);
    try {
      const input = readPlanes(source, lines, column, row);
      const output = await restorePlanes(this.processor, input, column.to - column.from, row.to - row.from);
      writeCore(result, output, column, row, scale);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      await this.reduce(column, row, error);
      await this.runParts(lines, column, row);
    }
  }

  private async runParts(lines: Rows, column: Span, row: Span): Promise<void> {
    for (const [piece, part] of await this.partsOf(column, row)) await this.run(lines, piece, part);
  }

  /** Has this tile and the later ones divided. @throws UserError when they cannot be. */
  private async reduce(column: Span, row: Span, cause: unknown): Promise<void> {
    const side = sideOf(column, row);
    const reduced = Math.max(...(await this.partsOf(column, row)).map(([piece, part]) => sideOf(piece, part)));
    if (reduced >= side || reduced < smallestTile)
      throw new UserError(`memory does not suffice for tiles of ${side} pixels`, { cause });
    this.largest = reduced;
    this.context.onReducedTile?.(reduced);
  }

  /** The quarters of a tile; the tile itself if its size is fixed. */
  private async partsOf(column: Span, row: Span): Promise<[column: Span, row: Span][]> {
    const { columns, rows } = this.context;
    const [pieces, parts] = [(await columns.halves?.(column)) ?? [column], (await rows.halves?.(row)) ?? [row]];
    return parts.flatMap((part) => pieces.map((piece): [Span, Span] => [piece, part]));
  }
}

/** The longer side of a tile without its margins. */
const sideOf = (column: Span, row: Span): number => Math.max(column.end - column.begin, row.end - row.begin);

/** The input of a tile with its margins: [3, height, width] in [0, 1]. */
function readPlanes(source: Raster, { data, first }: Rows, column: Span, row: Span): Float32Array {
  const { width, height, channels } = source;
  const peak = peakOf(source);
  const area = (column.to - column.from) * (row.to - row.from);
  const planes = new Float32Array(3 * area);
  let to = 0;
  const columns = Int32Array.from({ length: column.to - column.from }, (_, i) => mirrored(column.from + i, width));
  for (let y = row.from; y < row.to; y++) {
    const line = (mirrored(y, height) - first) * width;
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
