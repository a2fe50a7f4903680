import { filter, gaussianBlur, gaussianKernel, mirror, nearest, normalized, type Tap } from "../../../images/filter.js";
import type { Image } from "../../../images/image.js";
import { imageOf, type Planes, planesOf } from "../../../images/planar.js";
import { zoomed } from "../../../images/warp.js";
import type { Random } from "../../../random.js";
import { between } from "../../range.js";
import { bySeverity } from "./severity.js";

/** The blurs of ImageNet-C. Sizes in pixels. */
export const blurs = {
  /** By the radius of a disk and the deviation that smooths its edge. */
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

  /** Frosted glass: by deviation, reach of the shuffling, and how often that is done. */
  "glass-blur": bySeverity(
    [
      [0.7, 1, 2],
      [0.9, 2, 1],
      [1, 2, 3],
      [1.1, 3, 2],
      [1.5, 4, 2],
    ],
    (clean, [sigma, reach, times]: readonly [number, number, number], random) => {
      const blurred = imageOf(gaussianBlur(planesOf(clean), sigma));
      for (let i = 0; i < times; i++) shuffleNearby(blurred, reach, random);
      return imageOf(gaussianBlur(planesOf(blurred), sigma));
    },
  ),

  /** By length and deviation of the trail. */
  "motion-blur": bySeverity(
    [
      [10, 3],
      [15, 5],
      [15, 8],
      [15, 12],
      [20, 15],
    ],
    (clean, [radius, sigma]: Pair, random) =>
      imageOf(trailing(planesOf(clean), radius, sigma, between([-45, 45], random))),
  ),

  /** The mean of enlargements, by how many there are (besides the picture itself) and how much each adds. */
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
        for (const [at, value] of zoomed(planes, 1 + i * step, nearest).data.entries())
          sum[at] = (sum[at] as number) + value;
      return imageOf({ ...planes, data: sum.map((value) => value / (count + 1)) });
    },
  ),
};

type Pair = readonly [number, number];

/**
 * A disk whose edge is smoothed by a Gaussian of 3 x 3 samples (5 x 5 where its radius is above 8). The sum is 1; the
 * published disks of radius 8 and 10 touch the border of their array and sum to 1.013 and 1.011.
 */
export function diskTaps(radius: number, smoothing: number): Tap[] {
  const reach = Math.max(8, radius);
  const side = 2 * reach + 1;
  const offset = (i: number) => ({ x: (i % side) - reach, y: Math.floor(i / side) - reach });
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const { x, y } = offset(i);
    return x * x + y * y <= radius * radius ? 1 : 0;
  });
  const options = { radius: radius > 8 ? 2 : 1, border: mirror };
  const disk = gaussianBlur({ width: side, height: side, data }, smoothing, options).data;
  const taps = Array.from(disk, (weight, i) => ({ ...offset(i), weight }));
  return normalized(taps.filter(({ weight }) => weight > 0));
}

/** Exchanges every pixel but those near the edge with one at most `reach` up or left of it, or less than that down or right. */
function shuffleNearby({ width, height, data }: Image, reach: number, random: Random): void {
  const near = () => random.integer(2 * reach) - reach;
  for (let y = height - reach; y > reach; y--)
    for (let x = width - reach; x > reach; x--) {
      const [here, there] = [(y * width + x) * 3, ((y + near()) * width + x + near()) * 3];
      for (let channel = 0; channel < 3; channel++) {
        const own = data[here + channel] as number;
        data[here + channel] = data[there + channel] as number;
        data[there + channel] = own;
      }
    }
}

/** Motion blur as ImageMagick makes it: a trail of 2 · radius + 1 pixels to one side that fades as half a Gaussian does. */
export const trailing = (planes: Planes, radius: number, sigma: number, degrees: number): Planes =>
  filter(planes, trailTaps(radius, sigma, degrees), nearest);

export function trailTaps(radius: number, sigma: number, degrees: number): Tap[] {
  const radians = (degrees * Math.PI) / 180;
  const length = 2 * radius + 1;
  const fading = gaussianKernel(sigma, length - 1).slice(length - 1);
  const pixel = (distance: number): number => Math.ceil(distance - 0.5);
  return normalized(
    fading.map((weight, i) => ({ x: pixel(i * Math.cos(radians)), y: pixel(i * Math.sin(radians)), weight })),
  );
}
