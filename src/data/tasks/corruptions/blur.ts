import { filter, gaussianBlur, gaussianKernel, mirror, nearest, normalized, type Tap } from "../../../images/filter.js";
import type { Image } from "../../../images/image.js";
import { imageOf, type Planes, planesOf } from "../../../images/planar.js";
import { zoomed } from "../../../images/warp.js";
import type { Random } from "../../../random.js";
import { between } from "../../range.js";
import { bySeverity } from "./severity.js";

/** The blur corruptions of ImageNet-C. Sizes are in pixels. */
export const blurs = {
  /** Parameters: radius of the disk, standard deviation of the smoothing of its edge. */
  "defocus-blur": bySeverity(
    [
      [3, 0.1],
      [4, 0.5],
      [6, 0.5],
      [8, 0.5],
      [10, 0.5],
    ],
    (clean, [radius, smoothing]: Pair) => imageOf(filter(planesOf(clean), diskTaps(radius, smoothing), mirror)),
  ),

  /** Parameters: standard deviation of the blur, maximum distance of the pixel shuffling, number of shufflings. */
  "glass-blur": bySeverity(
    [
      [0.7, 1, 2],
      [0.9, 2, 1],
      [1, 2, 3],
      [1.1, 3, 2],
      [1.5, 4, 2],
    ],
    (clean, [sigma, distance, iterations]: readonly [number, number, number], random) => {
      const blurred = imageOf(gaussianBlur(planesOf(clean), sigma));
      for (let i = 0; i < iterations; i++) shuffleNearby(blurred, distance, random);
      return imageOf(gaussianBlur(planesOf(blurred), sigma));
    },
  ),

  /** Parameters: radius and standard deviation of the one-sided kernel. */
  "motion-blur": bySeverity(
    [
      [10, 3],
      [15, 5],
      [15, 8],
      [15, 12],
      [20, 15],
    ],
    (clean, [radius, sigma]: Pair, random) =>
      imageOf(motionBlur(planesOf(clean), radius, sigma, between([-45, 45], random))),
  ),

  /** The mean of the image and its enlargements. Parameters: number of enlargements, step of the zoom factor. */
  "zoom-blur": bySeverity(
    [
      [12, 0.01],
      [16, 0.01],
      [11, 0.02],
      [13, 0.02],
      [11, 0.03],
    ],
    (clean, [count, step]: Pair) => {
      const planes = planesOf(clean);
      const sum = Float32Array.from(planes.data);
      for (let i = 0; i < count; i++)
        for (const [index, value] of zoomed(planes, 1 + i * step, nearest).data.entries())
          sum[index] = (sum[index] as number) + value;
      return imageOf({ ...planes, data: sum.map((value) => value / (count + 1)) });
    },
  ),
};

type Pair = readonly [number, number];

/**
 * A disk kernel smoothed by a Gaussian of 3 x 3 samples (5 x 5 for radii above 8). It sums to 1; the published kernels of
 * radius 8 and 10 touch the border of their array and sum to 1.013 and 1.011.
 */
export function diskTaps(radius: number, smoothing: number): Tap[] {
  const halfSide = Math.max(8, radius);
  const side = 2 * halfSide + 1;
  const offset = (i: number) => ({ x: (i % side) - halfSide, y: Math.floor(i / side) - halfSide });
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const { x, y } = offset(i);
    return x * x + y * y <= radius * radius ? 1 : 0;
  });
  const options = { radius: radius > 8 ? 2 : 1, border: mirror };
  const disk = gaussianBlur({ width: side, height: side, data }, smoothing, options).data;
  const taps = Array.from(disk, (weight, i) => ({ ...offset(i), weight }));
  return normalized(taps.filter(({ weight }) => weight > 0));
}

/** Swaps each pixel, except near the borders, with a random one at an offset of -distance … distance - 1 on each axis. */
function shuffleNearby({ width, height, data }: Image, distance: number, random: Random): void {
  const offset = () => random.integer(2 * distance) - distance;
  for (let y = height - distance; y > distance; y--)
    for (let x = width - distance; x > distance; x--) {
      const [pixel, other] = [(y * width + x) * 3, ((y + offset()) * width + x + offset()) * 3];
      for (let channel = 0; channel < 3; channel++) {
        const value = data[pixel + channel] as number;
        data[pixel + channel] = data[other + channel] as number;
        data[other + channel] = value;
      }
    }
}

/** Motion blur as in ImageMagick, with the kernel of `motionTaps`. Border pixels are replicated. */
export const motionBlur = (planes: Planes, radius: number, sigma: number, degrees: number): Planes =>
  filter(planes, motionTaps(radius, sigma, degrees), nearest);

/** A one-sided line kernel of 2 · radius + 1 pixels at an angle of `degrees`, weighted by half a Gaussian. */
export function motionTaps(radius: number, sigma: number, degrees: number): Tap[] {
  const radians = (degrees * Math.PI) / 180;
  const length = 2 * radius + 1;
  const halfGaussian = gaussianKernel(sigma, length - 1).slice(length - 1);
  const pixel = (distance: number): number => Math.ceil(distance - 0.5);
  return normalized(
    halfGaussian.map((weight, i) => ({ x: pixel(i * Math.cos(radians)), y: pixel(i * Math.sin(radians)), weight })),
  );
}
