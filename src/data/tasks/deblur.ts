import { z } from "zod";
import { filter, gaussianBlur, nearest, normalized, type Tap } from "../../images/filter.js";
import { imageOf, planesOf } from "../../images/planar.js";
import { draw, range } from "../range.js";
import { defineTask } from "../task.js";

/** Gaussian blur, or motion blur of a camera in uniform linear motion. Edge pixels are replicated. */
export const deblur = defineTask({
  name: "deblur",
  options: z.object({
    kind: z.enum(["gaussian", "motion"]).default("gaussian").describe("kind of blur: gaussian or motion"),
    sigma: range({ min: 0.1, max: 50 })
      .default(2)
      .describe("standard deviation of the Gaussian, in pixels; or a range lo..hi"),
    length: range({ min: 1, max: 200 }).default(15).describe("length of the motion, in pixels; or a range lo..hi"),
    angle: range({ min: -360, max: 360 })
      .default([0, 180])
      .describe("direction of the motion in degrees, counterclockwise from the x-axis; or a range lo..hi"),
  }),
  scale: 1,
  idle: ({ kind }) => (kind === "gaussian" ? ["length", "angle"] : ["sigma"]),
  degrade(clean, { kind, sigma, length, angle }, random) {
    const planes = planesOf(clean);
    if (kind === "gaussian") return imageOf(gaussianBlur(planes, draw(sigma, random)));
    return imageOf(filter(planes, lineTaps(draw(length, random), draw(angle, random)), nearest));
  },
});

/** Sample points per pixel of a line. */
const SAMPLES_PER_PIXEL = 16;

/**
 * The kernel of a uniform line of `length` pixels centered at (0, 0), `degrees` counterclockwise from the x-axis. Each
 * sample point on the line is distributed bilinearly over the four pixels around it.
 */
export function lineTaps(length: number, degrees: number): Tap[] {
  const radians = (degrees * Math.PI) / 180;
  const count = Math.ceil(length * SAMPLES_PER_PIXEL);
  const taps = new Map<string, Tap>();
  const addWeight = (x: number, y: number, weight: number) => {
    const tap = taps.get(`${x} ${y}`);
    taps.set(`${x} ${y}`, { x, y, weight: weight + (tap?.weight ?? 0) });
  };
  for (let i = 0; i < count; i++) {
    const distance = length * ((i + 0.5) / count - 0.5);
    const [x, y] = [distance * Math.cos(radians), -distance * Math.sin(radians)];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    addWeight(left, top, (left + 1 - x) * (top + 1 - y));
    addWeight(left + 1, top, (x - left) * (top + 1 - y));
    addWeight(left, top + 1, (left + 1 - x) * (y - top));
    addWeight(left + 1, top + 1, (x - left) * (y - top));
  }
  return normalized([...taps.values()]);
}
