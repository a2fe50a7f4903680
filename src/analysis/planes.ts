import { setImmediate } from "node:timers/promises";
import { predictedClasses, type Scorer } from "./scoring.js";
import { directionBetween, dot, l2Norm, orthogonalDirection, pointAt } from "./vectors.js";

/** A point of a plane that is marked: an image. Coordinates are L2 norms in units of RGB in [0, 1]. */
export interface Mark {
  readonly file: string;
  readonly label: number;
  readonly x: number;
  readonly y: number;
}

/** A rectangle of a plane through an image, with a square grid of points. */
export interface Plane {
  /** The image at x = y = 0. */
  readonly origin: Float32Array;
  /** The directions of the axes: unit vectors, orthogonal to each other. */
  readonly axes: readonly [Float32Array, Float32Array];
  /** Coordinates of the columns and rows of the grid, ascending. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly marks: readonly Mark[];
}

/** An image of a plane. */
export interface PlaneImage extends Pick<Mark, "file" | "label"> {
  readonly values: Float32Array;
}

/**
 * The plane through an image along a loss gradient (x) and a direction orthogonal to it (y), as Liu et al. 2017 show it:
 * "Delving into transferable adversarial examples", figure 3. It extends to `extent` on both sides of the image.
 * @param extent as root-mean-square change in gray levels.
 * @param points points in a row and in a column.
 */
export function gradientPlane(
  { file, label, values }: PlaneImage,
  gradient: Float32Array,
  random: Float32Array,
  extent: number,
  points: number,
): Plane {
  const reach = l2Norm(extent, values.length);
  const line = linePoints(-reach, reach, points);
  const mark = { file, label, x: 0, y: 0 };
  return { origin: values, axes: [gradient, orthogonalDirection(random, gradient)], xs: line, ys: line, marks: [mark] };
}

/** Width of the border around the images of a plane, as a share of their extent. */
const BORDER = 0.15;

/**
 * The plane through three images, as Somepalli et al. 2022 show it ("Can neural networks learn the same model twice?", dbViz):
 * x leads from the first image to the second; y is orthogonal, towards the third.
 */
export function triplePlane(images: readonly [PlaneImage, PlaneImage, PlaneImage], points: number): Plane {
  const [first, second, third] = images;
  const u = directionBetween(first.values, second.values);
  const v = orthogonalDirection(directionBetween(first.values, third.values), u);
  const marks = images.map(({ file, label, values }) => {
    const away = values.map((value, i) => value - (first.values[i] as number));
    return { file, label, x: dot(away, u), y: dot(away, v) };
  });
  const range = (values: readonly number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return linePoints(low - BORDER * (high - low), high + BORDER * (high - low), points);
  };
  return {
    ...{ origin: first.values, axes: [u, v], marks },
    xs: range(marks.map(({ x }) => x)),
    ys: range(marks.map(({ y }) => y)),
  };
}

/** `count` numbers at equal distances; the middle one if there is only one. */
const linePoints = (low: number, high: number, count: number): number[] =>
  count === 1 ? [(low + high) / 2] : Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

/** Points whose scores are computed in one call; they limit memory. */
const POINTS = 64;

/** The classes that a recognizer predicts at the grid of a plane: row by row, along ascending x, then y. */
export async function classMap(scorer: Scorer, plane: Plane, signal?: AbortSignal): Promise<number[]> {
  const { origin, axes, xs, ys } = plane;
  const places = ys.flatMap((y) => xs.map((x) => [x, y] as const));
  const map: number[] = [];
  for (let start = 0; start < places.length; start += POINTS) {
    await setImmediate(); // lets an interruption arrive
    signal?.throwIfAborted();
    const part = places.slice(start, start + POINTS);
    const points = new Float32Array(part.length * scorer.values);
    for (const [k, [x, y]] of part.entries()) pointAt(origin, [axes[0], x], [axes[1], y], points, k * scorer.values);
    map.push(...predictedClasses(await scorer.scores(points), scorer.classes));
  }
  return map;
}
