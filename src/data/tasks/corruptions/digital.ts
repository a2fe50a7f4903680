import { gaussianBlur, mirror, reflect } from "../../../images/filter.js";
import { imageOf, type Planes, planesOf } from "../../../images/planar.js";
import { resize } from "../../../images/resize.js";
import { type Coordinate, warp } from "../../../images/warp.js";
import type { Random } from "../../../random.js";
import { between } from "../../range.js";
import { throughJpeg } from "../jpeg.js";
import { bySeverity } from "./severity.js";

interface Elasticity {
  /** What the smoothed noise in [-1, 1] is multiplied by to give displacements in pixels. */
  readonly strength: number;
  /** Deviation of that smoothing, in pixels. */
  readonly sigma: number;
  /** How far each of three points is moved at most, each way, in pixels; the whole picture goes along. */
  readonly shift: number;
}

/** In ImageNet-C the parameters of `elastic` are shares of this size. */
const SIZE = 244;
const elasticity = (strength: number, sigma: number, shift: number): Elasticity => ({
  strength: SIZE * strength,
  sigma: SIZE * sigma,
  shift: SIZE * shift,
});

/** The digital corruptions of ImageNet-C. */
export const digital = {
  /** At the first two severities the picture is mostly bent as a whole, at the others mostly in detail. */
  elastic: bySeverity(
    [
      elasticity(2, 0.7, 0.1),
      elasticity(2, 0.08, 0.2),
      elasticity(0.05, 0.01, 0.02),
      elasticity(0.07, 0.01, 0.02),
      elasticity(0.12, 0.01, 0.02),
    ],
    (clean, { strength, sigma, shift }, random) => {
      const moved = movedAtRandom(planesOf(clean), shift, random);
      const [right, down] = [
        displacement(moved, strength, sigma, random),
        displacement(moved, strength, sigma, random),
      ];
      return imageOf(
        warp(
          moved,
          (x, y) => x + right(x, y),
          (x, y) => y + down(x, y),
          reflect,
        ),
      );
    },
  ),

  /** By the share of its sides that the picture is reduced to. */
  pixelate: bySeverity([0.6, 0.5, 0.4, 0.3, 0.25], (clean, share) => {
    const reduced = (side: number) => Math.max(1, Math.floor(side * share));
    const small = resize(clean, reduced(clean.width), reduced(clean.height), "box");
    return resize(small, clean.width, clean.height, "box");
  }),

  /** By quality. */
  jpeg: bySeverity([25, 18, 15, 10, 7], throughJpeg),
};

/** Smoothed noise, a number for every pixel. */
function displacement({ width, height }: Planes, strength: number, sigma: number, random: Random): Coordinate {
  const noise = Float32Array.from({ length: width * height }, () => between([-1, 1], random));
  const options = { radius: Math.floor(3 * sigma + 0.5), border: reflect };
  const { data } = gaussianBlur({ width, height, data: noise }, sigma, options);
  return (x, y) => strength * (data[y * width + x] as number);
}

/** The affine map that takes three points around the middle to places nearby. */
function movedAtRandom(planes: Planes, shift: number, random: Random): Planes {
  const [middleX, middleY] = [Math.floor(planes.width / 2), Math.floor(planes.height / 2)];
  const reach = Math.floor(Math.min(planes.width, planes.height) / 3);
  const near = (x: number, y: number) => [x + between([-shift, shift], random), y + between([-shift, shift], random)];
  const [lowX, lowY] = near(middleX + reach, middleY + reach) as [number, number];
  const [highX, highY] = near(middleX + reach, middleY - reach) as [number, number];
  const [leftX, leftY] = near(middleX - reach, middleY - reach) as [number, number];
  // From the upper left point, `across` leads to the upper right one and `downward` from there to the lower one.
  const [acrossX, acrossY] = [highX - leftX, highY - leftY];
  const [downwardX, downwardY] = [lowX - highX, lowY - highY];
  const determinant = acrossX * downwardY - acrossY * downwardX;
  const sourceX: Coordinate = (x, y) =>
    middleX - reach + (2 * reach * ((x - leftX) * downwardY - (y - leftY) * downwardX)) / determinant;
  const sourceY: Coordinate = (x, y) =>
    middleY - reach + (2 * reach * ((y - leftY) * acrossX - (x - leftX) * acrossY)) / determinant;
  return warp(planes, sourceX, sourceY, mirror);
}
