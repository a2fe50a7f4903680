import { nearest } from "../../../images/filter.js";
import { imageOf, planesOf } from "../../../images/planar.js";
import { zoomed } from "../../../images/warp.js";
import type { Random } from "../../../random.js";
import { between } from "../../range.js";
import { motionBlur } from "./blur.js";
import { bySeverity } from "./severity.js";

interface Snow {
  /** Mean of the Gaussian noise that the flakes are made from. */
  readonly mean: number;
  /** Standard deviation of that noise. */
  readonly sigma: number;
  /** Zoom factor of the noise. */
  readonly zoom: number;
  /** Noise below this value is set to 0. */
  readonly threshold: number;
  /** Radius of the flakes' motion blur, in pixels. */
  readonly radius: number;
  /** Standard deviation of the flakes' motion blur, in pixels. */
  readonly trail: number;
  /** Weight of the original colors; the rest is whitened. */
  readonly kept: number;
}

/** The weather corruptions of ImageNet-C except frost. */
export const weather = {
  snow: bySeverity<Snow>(
    [
      { mean: 0.1, sigma: 0.3, zoom: 3, threshold: 0.5, radius: 10, trail: 4, kept: 0.8 },
      { mean: 0.2, sigma: 0.3, zoom: 2, threshold: 0.5, radius: 12, trail: 4, kept: 0.7 },
      { mean: 0.55, sigma: 0.3, zoom: 4, threshold: 0.9, radius: 12, trail: 8, kept: 0.7 },
      { mean: 0.55, sigma: 0.3, zoom: 4.5, threshold: 0.85, radius: 12, trail: 8, kept: 0.65 },
      { mean: 0.55, sigma: 0.3, zoom: 2.5, threshold: 0.85, radius: 12, trail: 12, kept: 0.55 },
    ],
    (clean, snow, random) => {
      const { width, height, data } = planesOf(clean);
      const area = width * height;
      const flakes = flakesOf(width, height, snow, random);
      const snowy = data.map((value, i) => {
        const pixel = i % area;
        const [red, green, blue] = [data[pixel], data[area + pixel], data[2 * area + pixel]] as [
          number,
          number,
          number,
        ];
        const white = 1.5 * (0.299 * red + 0.587 * green + 0.114 * blue) + 0.5;
        const layer = (flakes[pixel] as number) + (flakes[area - 1 - pixel] as number);
        return snow.kept * value + (1 - snow.kept) * Math.max(value, white) + layer;
      });
      return imageOf({ width, height, data: snowy });
    },
  ),

  /** Parameters: thickness, and decay of the plasma's deviation per level. */
  fog: bySeverity(
    [
      [1.5, 2],
      [2, 2],
      [2.5, 1.7],
      [2.5, 1.5],
      [3, 1.4],
    ],
    (clean, [thickness, decay]: readonly [number, number], random) => {
      const side = 2 ** Math.ceil(Math.log2(Math.max(256, clean.width, clean.height)));
      const fog = plasma(side, decay, random);
      const planes = planesOf(clean);
      const brightest = planes.data.reduce((highest, value) => Math.max(highest, value), 0);
      const foggy = planes.data.map((value, i) => {
        const [x, y] = [i % planes.width, Math.floor(i / planes.width) % planes.height];
        return ((value + thickness * (fog[y * side + x] as number)) * brightest) / (brightest + thickness);
      });
      return imageOf({ ...planes, data: foggy });
    },
  ),

  /** Parameter: increase of the value component of HSV. */
  brightness: bySeverity([0.1, 0.2, 0.3, 0.4, 0.5], (clean, added) => {
    const { width, height, data } = planesOf(clean);
    const area = width * height;
    const bright = data.map((value, i) => {
      const pixel = i % area;
      const highest = Math.max(data[pixel] as number, data[area + pixel] as number, data[2 * area + pixel] as number);
      const brighter = Math.min(highest + added, 1);
      return highest === 0 ? brighter : (value * brighter) / highest;
    });
    return imageOf({ width, height, data: bright });
  }),

  /** Parameter: factor of each value's difference from its channel's mean. */
  contrast: bySeverity([0.4, 0.3, 0.2, 0.1, 0.05], (clean, factor) => {
    const planes = planesOf(clean);
    const area = planes.width * planes.height;
    const sums = [0, 0, 0];
    for (const [i, value] of planes.data.entries())
      sums[Math.floor(i / area)] = (sums[Math.floor(i / area)] as number) + value;
    const reduced = planes.data.map((value, i) => {
      const mean = (sums[Math.floor(i / area)] as number) / area;
      return (value - mean) * factor + mean;
    });
    return imageOf({ ...planes, data: reduced });
  }),
};

/** Motion-blurred snowflakes, [height, width] in [0, 1]. */
function flakesOf(width: number, height: number, snow: Snow, random: Random): Float32Array {
  const noise = Float32Array.from({ length: width * height }, () => snow.mean + snow.sigma * random.normal());
  const flakes = zoomed({ width, height, data: noise }, snow.zoom, nearest).data.map((value) =>
    value < snow.threshold ? 0 : Math.min(value, 1),
  );
  return motionBlur({ width, height, data: flakes }, snow.radius, snow.trail, between([-135, -45], random)).data;
}

/**
 * A plasma fractal in [0, 1] from the diamond-square algorithm on a torus of `side` x `side` (a power of two): each midpoint
 * is the mean of the four points around it plus a uniform deviation, which is divided by `decay`² at each level.
 */
export function plasma(side: number, decay: number, random: Random): Float32Array {
  const map = new Float64Array(side * side);
  const indexOf = (x: number, y: number): number => (y & (side - 1)) * side + (x & (side - 1));
  const valueAt = (x: number, y: number): number => map[indexOf(x, y)] as number;
  let deviation = 1;
  const setMidpoint = (x: number, y: number, sum: number) => {
    map[indexOf(x, y)] = sum / 4 + deviation * between([-1, 1], random);
  };
  for (let step = side; step >= 2; step /= 2, deviation /= decay ** 2) {
    const half = step / 2;
    for (let y = 0; y < side; y += step)
      for (let x = 0; x < side; x += step)
        setMidpoint(
          x + half,
          y + half,
          valueAt(x, y) + valueAt(x + step, y) + valueAt(x, y + step) + valueAt(x + step, y + step),
        );
    for (let y = 0; y < side; y += half)
      for (let x = y % step === 0 ? half : 0; x < side; x += step)
        setMidpoint(x, y, valueAt(x - half, y) + valueAt(x + half, y) + valueAt(x, y - half) + valueAt(x, y + half));
  }
  const [lowest, highest] = map.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)] as [number, number],
    [Infinity, -Infinity] as [number, number],
  );
  return Float32Array.from(map, (value) => (value - lowest) / (highest - lowest));
}
