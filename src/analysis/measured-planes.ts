import { spread } from "../evaluation/samples.js";
import { randomAt, shuffled } from "../random.js";
import { type Agreement, agreementOf, regionsOf } from "./agreement.js";
import { type AnalyzedImage, planarOf } from "./images.js";
import { classMap, gradientPlane, type Mark, type Plane, type PlaneImage, triplePlane } from "./planes.js";
import type { Differentiable } from "./scoring.js";
import { grayLevels, norm, randomDirection } from "./vectors.js";

/** Which plane: along a loss gradient, or through three images. */
export type PlaneKind = "gradient" | "triple";

/** A plane as each recognizer predicts it. Coordinates are root-mean-square changes in gray levels. */
export interface MeasuredPlane {
  readonly kind: PlaneKind;
  readonly marks: readonly Mark[];
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  /** By recognizer: the classes row by row, along ascending x, then y. */
  readonly maps: Readonly<Record<string, readonly number[]>>;
  /** By recognizer: connected regions of one class. */
  readonly regions: Readonly<Record<string, number>>;
  /** By "A B", each two recognizers in their order. */
  readonly agreement: Readonly<Record<string, Agreement>>;
}

export interface PlaneOptions {
  readonly seed: number;
  /** Images whose planes are mapped, spread evenly. */
  readonly planes: number;
  /** Points in a row and in a column of the grid. */
  readonly grid: number;
  /** How far a gradient's plane extends on each side, as root-mean-square change in gray levels. */
  readonly extent: number;
  readonly signal?: AbortSignal;
  onProgress?(done: number): void;
}

/** Domains of random numbers, beside the seed and the number of the image. */
const [ORTHOGONAL, TRIPLES] = [2, 4];

/**
 * Maps two planes of each chosen image: along the loss gradient of the first recognizer, and through two more images, of other
 * classes if there are some. A plane is left out where the gradient is zero or there are fewer than three images.
 */
export async function measurePlanes(
  images: readonly AnalyzedImage[],
  recognizers: readonly Differentiable[],
  options: PlaneOptions,
): Promise<MeasuredPlane[]> {
  const measured: MeasuredPlane[] = [];
  const chosen = spread([...images.keys()], options.planes);
  for (const [done, index] of chosen.entries()) {
    for (const [i, [kind, plane]] of (
      await planesOf(images, index, recognizers[0] as Differentiable, options)
    ).entries()) {
      measured.push(await mapped(kind, plane, recognizers, options));
      options.onProgress?.(done + (i + 1) / 2);
    }
    options.onProgress?.(done + 1);
  }
  return measured;
}

async function planesOf(
  images: readonly AnalyzedImage[],
  index: number,
  first: Differentiable,
  { seed, grid, extent }: PlaneOptions,
): Promise<(readonly [PlaneKind, Plane])[]> {
  const image = planeImage(images[index] as AnalyzedImage);
  const gradient = await first.lossDirections(image.values, [image.label]);
  const random = randomDirection(image.values.length, randomAt(seed, ORTHOGONAL, index));
  const others = companionsOf(images, index, seed).map(planeImage);
  const [second, third] = others;
  return [
    ...(norm(gradient) > 0 ? [["gradient", gradientPlane(image, gradient, random, extent, grid)] as const] : []),
    ...(second && third ? [["triple", triplePlane([image, second, third], grid)] as const] : []),
  ];
}

const planeImage = ({ file, label, image }: AnalyzedImage): PlaneImage => ({ file, label, values: planarOf(image) });

/** Two more images for a plane, at random; of classes that differ from each other and from the image's if possible. */
function companionsOf(images: readonly AnalyzedImage[], index: number, seed: number): AnalyzedImage[] {
  const order = [...shuffled(images.length, seed + TRIPLES, index)].filter((i) => i !== index);
  const candidates = order.map((i) => images[i] as AnalyzedImage);
  const labels = new Set([images[index]?.label]);
  const distinct = candidates.filter(({ label }) => !labels.has(label) && labels.add(label));
  return [...new Set([...distinct, ...candidates])].slice(0, 2);
}

async function mapped(
  kind: PlaneKind,
  plane: Plane,
  recognizers: readonly Differentiable[],
  { grid, signal }: PlaneOptions,
): Promise<MeasuredPlane> {
  const maps = new Map<string, number[]>();
  for (const recognizer of recognizers) maps.set(recognizer.name, await classMap(recognizer, plane, signal));
  const levels = (l2: number) => grayLevels(l2, plane.origin.length);
  const pairs = pairsOf([...maps.keys()]);
  return {
    kind,
    marks: plane.marks.map((mark) => ({ ...mark, x: levels(mark.x), y: levels(mark.y) })),
    ...{ xs: plane.xs.map(levels), ys: plane.ys.map(levels) },
    maps: Object.fromEntries(maps),
    regions: Object.fromEntries([...maps].map(([name, map]) => [name, regionsOf(map, grid)])),
    agreement: Object.fromEntries(
      pairs.map(([a, b]) => [pairName(a, b), agreementOf(maps.get(a) as number[], maps.get(b) as number[])]),
    ),
  };
}

/** Each two of the names, in their order. */
export const pairsOf = (names: readonly string[]): (readonly [string, string])[] =>
  names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const));

/** The key of a pair of recognizers in results. */
export const pairName = (a: string, b: string): string => `${a} ${b}`;
