import { z } from "zod";
import { filter, gaussianBlur, nearest, normalized, type Tap } from "../../images/filter.js";
import { imageOf, planesOf } from "../../images/planar.js";
import { draw, range } from "../range.js";
import { defineTask } from "../task.js";

/** Blur as of a lens out of focus (a Gaussian) or of a camera that moves evenly along a straight line. The edges go on outside. */
export const deblur = defineTask({
  name: "deblur",
  options: z.object({
    kind: z.enum(["gaussian", "motion"]).default("gaussian").describe("gaussian or motion"),
    sigma: range({ min: 0.1, max: 50 }).default(2).describe("deviation of the gaussian in pixels; or lo..hi"),
    length: range({ min: 1, max: 200 }).default(15).describe("length of the motion in pixels; or lo..hi"),
    angle: range({ min: -360, max: 360 })
      .default([0, 180])
      .describe("its direction in degrees, counterclockwise from the right; or lo..hi"),
  }),
  scale: 1,
  idle: ({ kind }) => (kind === "gaussian" ? ["length", "angle"] : ["sigma"]),
  degrade(clean, { kind, sigma, length, angle }, random) {
    const planes = planesOf(clean);
    if (kind === "gaussian") return imageOf(gaussianBlur(planes, draw(sigma, random)));
    return imageOf(filter(planes, lineTaps(draw(length, random), draw(angle, random)), nearest));
  },
});

/** Places looked at for each pixel of a line. */
const PER_PIXEL = 16;

/**
 * An evenly covered line of `length` pixels through (0, 0), `degrees` counterclockwise from the right: each of many places
 * along it is shared among the four pixels around, linearly.
 */
export function lineTaps(length: number, degrees: number): Tap[] {
  const radians = (degrees * Math.PI) / 180;
  const places = Math.ceil(length * PER_PIXEL);
  const taps = new Map<string, Tap>();
  const share = (x: number, y: number, weight: number) => {
    const known = taps.get(`${x} ${y}`);
    taps.set(`${x} ${y}`, { x, y, weight: weight + (known?.weight ?? 0) });
  };
  for (let i = 0; i < places; i++) {
    const along = length * ((i + 0.5) / places - 0.5);
    const [x, y] = [along * Math.cos(radians), -along * Math.sin(radians)];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    share(left, top, (left + 1 - x) * (top + 1 - y));
    share(left + 1, top, (x - left) * (top + 1 - y));
    share(left, top + 1, (left + 1 - x) * (y - top));
    share(left + 1, top + 1, (x - left) * (y - top));
  }
  return normalized([...taps.values()]);
}
