import { GraphBuilder, renamed } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { freshNames } from "../onnx/names.js";
import { int64 } from "../onnx/tensor.js";
import { type Geometry, type Runnable, restorePlanes } from "./geometry.js";
import { type ImageNetwork, imageEnds } from "./image-network.js";

/*
 * Convolutions with zero padding darken or color the pixels near the border of an image. This is avoided by mirroring the
 * image beyond its border before the network runs and cropping the result. Mirrored with the end repeated, 50 images of
 * sr x4 lose no PSNR (+0.005 dB); replicated they lose 0.05 dB, mirrored without the repeated end 0.1 dB
 * (docs/measurements.md#border).
 */

/** The sides that a border is measured within, smallest first: the smaller ones suffice for most networks. */
const REACHES = [16, 32, 64];

/** The largest border, as a share of the side it is measured within: the center of the measured image must be unchanged. */
const FARTHEST = 0.875;

/** Period in pixels of the positions that are compared: strided networks differ between positions of one period. */
const PERIOD = 16;

/**
 * The largest change, in levels of 255, of a measured color. Other colors change by less than 1 level, 2 with rounding. A network
 * whose small changes reach far has the larger ones instead: a border must stay a small part of an image.
 */
const TOLERANCE = 0.5;
const LARGER_TOLERANCES = [1, 2] as const;

/** Borders are multiples of this, so that strided layers sample a bordered image at the same phase. */
const GRID = 4;

/** White, red, green and blue, which zero padding changes most. */
const COLORS = [
  [1, 1, 1],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const;

/**
 * The number of pixels by which an image must be extended so that a flat one is restored to the same color at its border as
 * inside, up to 1 level and rounding (4 levels if the change reaches farther than 56 pixels). 0 for a network that needs none,
 * accepts one size only, or whose result is not flat inside either.
 */
export async function measureBorder(processor: Runnable, geometry: Geometry): Promise<number> {
  if (geometry.fixed) return 0;
  const grid = Math.max(GRID, geometry.multiple);
  let changes: number[] = [];
  for (const reach of REACHES) {
    changes = await changesWithin(processor, geometry, reach);
    const border = borderFor(changes, { tolerance: TOLERANCE, reach, grid });
    if (border !== undefined) return border;
  }
  const reach = REACHES.at(-1) as number;
  const [border = 0] = LARGER_TOLERANCES.flatMap((tolerance) => borderFor(changes, { tolerance, reach, grid }) ?? []);
  return border;
}

/** The border beyond which no change exceeds the tolerance; undefined if it would be too large a part of the reach. */
function borderFor(
  changes: readonly number[],
  { tolerance, reach, grid }: { readonly tolerance: number; readonly reach: number; readonly grid: number },
): number | undefined {
  const rim = changes.findLastIndex((change) => change > tolerance) + 1;
  return rim <= FARTHEST * reach ? Math.ceil(rim / grid) * grid : undefined;
}

/** The largest change of a flat image of any color, in levels, by the distance from the border in pixels of the input. */
async function changesWithin(processor: Runnable, { scale, multiple }: Geometry, reach: number): Promise<number[]> {
  const period = Math.max(PERIOD, multiple);
  const side = Math.ceil((2 * reach) / period) * period + period;
  const changes = new Array<number>(Math.ceil(side / 2)).fill(0);
  for (const color of COLORS) {
    const flat = Float32Array.from(
      { length: 3 * side * side },
      (_, i) => color[Math.floor(i / (side * side))] as number,
    );
    const restored = await restorePlanes(processor, flat, side, side);
    addChanges(changes, restored, { scale, period, side });
  }
  return changes;
}

/** Adds the differences between the planes of a restored flat image and those of its central square. */
function addChanges(
  changes: number[],
  planes: Float32Array,
  { scale, period, side }: { readonly scale: number; readonly period: number; readonly side: number },
): void {
  const [outputSide, outputPeriod] = [side * scale, period * scale];
  const center = Math.floor(side / 2 / period) * outputPeriod;
  const level = (i: number): number => 255 * Math.min(Math.max(planes[i] as number, 0), 1);
  for (let i = 0; i < planes.length; i++) {
    const [x, row] = [i % outputSide, Math.floor(i / outputSide)];
    const [y, plane] = [row % outputSide, row - (row % outputSide)];
    const alike = (plane + center + (y % outputPeriod)) * outputSide + center + (x % outputPeriod);
    const distance = Math.floor(Math.min(x, y, outputSide - 1 - x, outputSide - 1 - y) / scale);
    changes[distance] = Math.max(changes[distance] as number, Math.abs(level(i) - level(alike)));
  }
}

/**
 * The network with a border inside: its input is mirrored beyond each side by `border` pixels, its output is cropped. Same
 * inputs, outputs and names; standard operators; images of any size, also smaller than the border.
 */
export function withBorder({ graph, format }: ImageNetwork, border: number, scale: number): Graph {
  const [input, output] = imageEnds(graph);
  const fresh = freshNames(graph);
  const b = GraphBuilder.rewriting(graph);
  const axesOf = (layout: string): [number, number] => (layout === "NCHW" ? [2, 3] : [1, 2]);
  const names = new Map([[output.name, fresh(`${output.name}/bordered`)]]);
  const extended = axesOf(format.input.layout).reduce((x, axis) => mirroredAlong(b, x, axis, border), input.name);
  names.set(input.name, extended);
  for (const node of graph.nodes) b.keep(renamed(node, (value) => names.get(value) ?? value, ""));
  const cut = [border * scale, border * scale];
  const slice = [cut, cut.map((pixels) => -pixels), axesOf(format.output.layout)].map(b.integers);
  b.add("Slice", [names.get(output.name) as string, ...slice], {}, output.name);
  return b.build({ ...graph.metadata });
}

/** Extends `x` along an axis by `border` mirrored pixels on each side, as `mirrored` of images/mirror.ts does. */
function mirroredAlong(b: GraphBuilder, x: string, axis: number, border: number): string {
  const scalar = (value: number): string => b.constant(int64([value], []));
  const length = b.Gather(b.Shape(x), scalar(axis), 0);
  const positions = b.add("Range", [scalar(-border), b.Add(length, scalar(border)), scalar(1)]);
  const period = b.Mul(length, scalar(2));
  const inPeriod = b.add("Mod", [positions, period]);
  const indices = b.add("Min", [inPeriod, b.Sub(b.Sub(period, scalar(1)), inPeriod)]);
  return b.Gather(x, indices, axis);
}
