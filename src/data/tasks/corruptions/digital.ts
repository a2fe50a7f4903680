import { gaussianBlur, mirror, reflect } from "../../../images/filter.js";
import { imageOf, type Planes, planesOf } from "../../../images/planar.js";
import { resize } from "../../../images/resize.js";
import { type Coordinate, warp } from "../../../images/warp.js";
import type { Random } from "../../../random.js";
import { between } from "../../range.js";
import { throughJpeg } from "../jpeg.js";
import { bySeverity } from "./severity.js";

/** Parameters of the elastic transform, in pixels. */
interface Elasticity {
  /** Factor from smoothed noise in [-1, 1] to displacements. */
  readonly strength: number;
  /** Standard deviation of the smoothing. */
  readonly sigma: number;
  /** Maximum shift, along each axis, of the three points that define the random affine map. */
  readonly shift: number;
}

/** ImageNet-C gives the parameters of `elastic` relative to this size. */
const SIZE = 244;
const elasticity = (strength: number, sigma: number, shift: number): Elasticity => ({
  strength: SIZE * strength,
  sigma: SIZE * sigma,
  shift: SIZE * shift,
});

/** The digital corruptions of ImageNet-C. */
export const digital = {
  /** Random affine map and smooth random displacements. The displacements are local from severity 3 on. */
  elastic: bySeverity(
    [
      elasticity(2, 0.7, 0.1),
      elasticity(2, 0.08, 0.2),
      elasticity(0.05, 0.01, 0.02),
      elasticity(0.07, 0.01, 0.02),
      elasticity(0.12, 0.01, 0.02),
    ],
    (clean, { strength, sigma, shift }, random) => {
      const shifted = randomAffine(planesOf(clean), shift, random);
      const [dx, dy] = [displacement(shifted, strength, sigma, random), displacement(shifted, strength, sigma, random)];
      return imageOf(
        warp(
          shifted,
          (x, y) => x + dx(x, y),
          (x, y) => y + dy(x, y),
          reflect,
        ),
      );
    },
  ),

  /** Parameter: factor of the downsampling. */
  pixelate: bySeverity([0.6, 0.5, 0.4, 0.3, 0.25], (clean, share) => {
    const reduced = (side: number) => Math.max(1, Math.floor(side * share));
    const small = resize(clean, reduced(clean.width), reduced(clean.height), "box");
    return resize(small, clean.width, clean.height, "box");
  }),

  /** Parameter: JPEG quality. */
  jpeg: bySeverity([25, 18, 15, 10, 7], throughJpeg),
};

/** A displacement per pixel from smoothed noise. */
function displacement({ width, height }: Planes, strength: number, sigma: number, random: Random): Coordinate {
  const noise = Float32Array.from({ length: width * height }, () => between([-1, 1], random));
  const options = { radius: Math.floor(3 * sigma + 0.5), border: reflect };
  const { data } = gaussianBlur({ width, height, data: noise }, sigma, options);
  return (x, y) => strength * (data[y * width + x] as number);
}

/** Warps by the affine map that moves three points around the center by random shifts. */
function randomAffine(planes: Planes, shift: number, random: Random): Planes {
  const [centerX, centerY] = [Math.floor(planes.width / 2), Math.floor(planes.height / 2)];
  const offset = Math.floor(Math.min(planes.width, planes.height) / 3);
  const jitter = (x: number, y: number) => [x + between([-shift, shift], random), y + between([-shift, shift], random)];
  const [bottomRightX, bottomRightY] = jitter(centerX + offset, centerY + offset) as [number, number];
  const [topRightX, topRightY] = jitter(centerX + offset, centerY - offset) as [number, number];
  const [topLeftX, topLeftY] = jitter(centerX - offset, centerY - offset) as [number, number];
  // The columns of the linear part, times 2 · offset: `u` from top left to top right, `v` from there to bottom right.
  const [uX, uY] = [topRightX - topLeftX, topRightY - topLeftY];
  const [vX, vY] = [bottomRightX - topRightX, bottomRightY - topRightY];
  const determinant = uX * vY - uY * vX;
  const sourceX: Coordinate = (x, y) =>
    centerX - offset + (2 * offset * ((x - topLeftX) * vY - (y - topLeftY) * vX)) / determinant;
  const sourceY: Coordinate = (x, y) =>
    centerY - offset + (2 * offset * ((y - topLeftY) * uX - (x - topLeftX) * uY)) / determinant;
  return warp(planes, sourceX, sourceY, mirror);
}
