import { randomAt } from "../random.js";
import { boundaryDistances, type Ray, type SearchOptions } from "./boundary-search.js";
import { type AnalyzedImage, planarOf } from "./images.js";
import { joined, nearestDirections } from "./nearest-boundary.js";
import { type Differentiable, marginsOf, predictedClasses } from "./scoring.js";
import { cosine, directionBetween, norm, randomDirection } from "./vectors.js";

/** The prediction of a recognizer for an image, and distances from the image to its decision boundary. */
export interface ImageDistances {
  readonly predicted: number;
  /** The highest score minus the second highest. */
  readonly margin: number;
  /**
   * L2 norms by direction: null where no boundary was found, none where the direction does not exist (no image of another
   * class, a gradient of zero); absent if the prediction is wrong.
   */
  readonly distances?: Readonly<Record<string, number | null>>;
  /** The smallest distance found: along DeepFool's direction or any other; absent if the prediction is wrong. */
  readonly nearest?: number | null;
}

/** What was measured of an image. */
export interface MeasuredDistances {
  readonly file: string;
  readonly label: number;
  /** By recognizer. */
  readonly recognizers: Readonly<Record<string, ImageDistances>>;
  /** The cosine of the loss gradients of each two recognizers, by "A B" in their order; null if one is zero. */
  readonly cosines: Readonly<Record<string, number | null>>;
}

/** The direction towards the nearest image of another class. */
export const LEGITIMATE = "legitimate";
/** A direction that is uniform over all directions. */
export const RANDOM = "random";
/** The name of the direction of a recognizer's loss gradient. */
export const gradientOf = (recognizer: string): string => `gradient of ${recognizer}`;

/** Domain of the random numbers of directions, beside the seed and the number of the image. */
const DIRECTIONS = 1;

/** Images that are processed together; they limit memory. */
export const IMAGES_AT_ONCE = 16;

export interface DistanceOptions extends SearchOptions {
  readonly seed: number;
  onProgress?(done: number): void;
}

/**
 * Measures the distances of images to the decision boundary of each recognizer (Tramèr et al. 2017): towards the nearest image
 * of another class, along the loss gradient of each recognizer, along a random direction, and to the nearest boundary.
 * @param neighbors for each image the index of the nearest image of another class, or null.
 */
export async function measureDistances(
  images: readonly AnalyzedImage[],
  neighbors: readonly (number | null)[],
  recognizers: readonly Differentiable[],
  options: DistanceOptions,
): Promise<MeasuredDistances[]> {
  const measured: MeasuredDistances[] = [];
  for (let start = 0; start < images.length; start += IMAGES_AT_ONCE) {
    const chunk = images.slice(start, start + IMAGES_AT_ONCE);
    const origins = chunk.map(({ image }) => planarOf(image));
    const labels = chunk.map(({ label }) => label);
    const directions = new Map<string, readonly (Float32Array | null)[]>();
    directions.set(
      LEGITIMATE,
      origins.map((origin, i) => {
        const neighbor = images[neighbors[start + i] ?? -1];
        return neighbor ? directionBetween(origin, planarOf(neighbor.image)) : null;
      }),
    );
    for (const recognizer of recognizers)
      directions.set(gradientOf(recognizer.name), await gradientsAt(recognizer, origins, labels));
    directions.set(
      RANDOM,
      origins.map((origin, i) => randomDirection(origin.length, randomAt(options.seed, DIRECTIONS, start + i))),
    );
    const byRecognizer: ImageDistances[][] = [];
    for (const [done, recognizer] of recognizers.entries()) {
      byRecognizer.push(await ofRecognizer(recognizer, origins, labels, directions, options));
      options.onProgress?.(start + ((done + 1) / recognizers.length) * chunk.length);
    }
    measured.push(
      ...chunk.map(({ file, label }, i) => ({
        ...{ file, label },
        recognizers: Object.fromEntries(
          recognizers.map(({ name }, r) => [name, byRecognizer[r]?.[i] as ImageDistances]),
        ),
        cosines: cosinesOf(recognizers, directions, i),
      })),
    );
  }
  return measured;
}

/** The direction of each loss gradient; null where it is zero. */
async function gradientsAt(recognizer: Differentiable, origins: readonly Float32Array[], labels: readonly number[]) {
  const found = await recognizer.lossDirections(joined(origins), labels);
  return origins.map((_, i) => {
    const direction = found.slice(i * recognizer.values, (i + 1) * recognizer.values);
    return norm(direction) > 0 ? direction : null;
  });
}

function cosinesOf(
  recognizers: readonly Differentiable[],
  directions: ReadonlyMap<string, readonly (Float32Array | null)[]>,
  image: number,
) {
  const gradient = ({ name }: Differentiable) => directions.get(gradientOf(name))?.[image];
  return Object.fromEntries(
    recognizers.flatMap((a, i) =>
      recognizers.slice(i + 1).map((b) => {
        const [one, other] = [gradient(a), gradient(b)];
        return [`${a.name} ${b.name}`, one && other ? cosine(one, other) : null];
      }),
    ),
  );
}

/** The distances of one recognizer for the images of a chunk. */
async function ofRecognizer(
  recognizer: Differentiable,
  origins: readonly Float32Array[],
  labels: readonly number[],
  directions: ReadonlyMap<string, readonly (Float32Array | null)[]>,
  options: SearchOptions,
): Promise<ImageDistances[]> {
  const scores = await recognizer.scores(joined(origins));
  const predicted = predictedClasses(scores, recognizer.classes);
  const margins = marginsOf(scores, recognizer.classes, predicted);
  const right = origins.flatMap((_, i) => (predicted[i] === labels[i] ? [i] : []));
  const own = (i: number) => ({
    origin: origins[i] as Float32Array,
    label: labels[i] as number,
    margin: margins[i] as number,
  });
  const nearest = await nearestDirections(
    recognizer,
    right.map((i) => own(i).origin),
    right.map((i) => own(i).label),
  );
  const rays = right.flatMap((i, k) => {
    const ray = (name: string, direction: Float32Array | null | undefined) =>
      direction && norm(direction) > 0 ? [{ i, name, ray: { ...own(i), direction } satisfies Ray }] : [];
    return [...[...directions].flatMap(([name, all]) => ray(name, all[i])), ...ray("", nearest[k])];
  });
  const found = await boundaryDistances(
    recognizer,
    rays.map(({ ray }) => ray),
    options,
  );
  return predicted.map((label, i) => {
    const result = { predicted: label, margin: margins[i] as number };
    if (label !== labels[i]) return result;
    const along: Record<string, number | null> = {};
    let least = Number.POSITIVE_INFINITY;
    for (const [k, ray] of rays.entries()) {
      if (ray.i !== i) continue;
      const distance = found[k] ?? null;
      if (ray.name !== "") along[ray.name] = distance;
      least = Math.min(least, distance ?? Number.POSITIVE_INFINITY);
    }
    return { ...result, distances: along, nearest: Number.isFinite(least) ? least : null };
  });
}
