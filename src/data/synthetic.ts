import type { Image } from "../images/image.js";
import { type Random, randomAt } from "./random.js";

/** Where the edge of each shape lies, as a share of its radius; the angle is 0 at the top. None changes in a mirror. */
const shapes: Readonly<Record<string, (angle: number) => number>> = {
  disc: () => 0.88,
  flower: (angle) => 0.82 + 0.18 * Math.cos(6 * angle),
  square: (angle) => 1.1 * polygon(4, angle + Math.PI / 4),
  star: (angle) => 0.78 + 0.32 * Math.cos(5 * angle),
  triangle: (angle) => 1.2 * polygon(3, angle),
};

/** The edge of the regular polygon with a corner at angle 0. */
function polygon(corners: number, angle: number): number {
  const sector = (2 * Math.PI) / corners;
  const fromMiddle = angle - sector * Math.floor(angle / sector) - sector / 2;
  return Math.cos(sector / 2) / Math.cos(fromMiddle);
}

/** What Math.hypot gives, ten times as fast. */
const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

const wave = (x: number): number => Math.cos(2 * Math.PI * x);

/** How much ink each pattern puts at a place, from -1 to 1, with a period of 1. None changes in a mirror. */
const patterns: Readonly<Record<string, (x: number, y: number) => number>> = {
  bars: (x) => wave(x),
  checks: (x, y) => wave(x) * wave(y),
  lines: (_, y) => wave(y),
  rings: (x, y) => wave(length(x, y)),
};

/** "disc-bars", "disc-checks", …: every shape with every pattern in the order of the alphabet. Labels count from 0. */
export const syntheticClasses: readonly string[] = Object.keys(shapes).flatMap((shape) =>
  Object.keys(patterns).map((pattern) => `${shape}-${pattern}`),
);

export interface LabelledImage {
  readonly image: Image;
  readonly label: number;
}

/** RGB, each from 0 to 1. */
type Color = readonly [number, number, number];

/** A square picture under work: RGB in 0 to 1, interleaved. */
interface Canvas {
  readonly size: number;
  readonly data: Float32Array;
}

/** Period of the patterns in pixels, smallest and largest: too fine for a picture reduced to a quarter. */
const PERIOD = [5, 6.5] as const;

/**
 * Draws a picture of a patterned shape over clutter, in uneven light. The shape is plain to see; which pattern it bears,
 * which the class also hangs on, is fine detail. Classes take turns: the label is `index` modulo their number.
 * The same seed, index and size give the same bytes.
 * @param size side in pixels
 */
export function drawSynthetic(seed: number, index: number, size = 64): LabelledImage {
  const label = index % syntheticClasses.length;
  const random = randomAt(seed, index);
  const canvas = { size, data: new Float32Array(size * size * 3) };
  const background = color(random);
  paint(canvas, background, () => 1);
  for (let i = 0; i < 8; i++) clutter(canvas, random);
  patternedShape(canvas, syntheticClasses[label] as string, random);
  return { image: develop(canvas, random), label };
}

const between = (low: number, high: number, random: Random): number => low + (high - low) * random.uniform();

const color = (random: Random): Color => [random.uniform(), random.uniform(), random.uniform()];

const clamp01 = (x: number): number => Math.min(Math.max(x, 0), 1);

/** Lays a color over the canvas, as thickly (0 to 1) as `cover` says for the middle of each pixel. */
function paint({ size, data }: Canvas, [red, green, blue]: Color, cover: (x: number, y: number) => number): void {
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++, at += 3) {
      const share = cover(x + 0.5, y + 0.5);
      if (share === 0) continue;
      data[at] = (data[at] as number) * (1 - share) + red * share;
      data[at + 1] = (data[at + 1] as number) * (1 - share) + green * share;
      data[at + 2] = (data[at + 2] as number) * (1 - share) + blue * share;
    }
}

/** A thin, half transparent ellipse somewhere. */
function clutter(canvas: Canvas, random: Random): void {
  const { size } = canvas;
  const [left, top] = [between(0, size, random), between(0, size, random)];
  const angle = between(0, Math.PI, random);
  const [long, short] = [between(0.1, 0.5, random) * size, between(0.03, 0.15, random) * size];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const strength = between(0.2, 0.8, random);
  paint(canvas, color(random), (x, y) => {
    const along = ((x - left) * cos + (y - top) * sin) / long;
    const across = ((y - top) * cos - (x - left) * sin) / short;
    return strength * clamp01((1 - length(along, across)) * short + 0.5);
  });
}

/** The object: a shape in one color, its pattern in another. */
function patternedShape(canvas: Canvas, name: string, random: Random): void {
  const [shape, pattern] = name.split("-") as [string, string];
  const edge = shapes[shape] as (typeof shapes)[string];
  const ink = patterns[pattern] as (typeof patterns)[string];
  const radius = between(0.28, 0.42, random) * canvas.size;
  const margin = 0.9 * radius;
  const [centerX, centerY] = [
    between(margin, canvas.size - margin, random),
    between(margin, canvas.size - margin, random),
  ];
  const tilt = between(-0.2, 0.2, random);
  const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
  const inside = (x: number, y: number) => {
    const distance = length(x, y);
    if (distance > 1.3 * radius) return 0;
    return clamp01(radius * edge(Math.atan2(x, -y)) - distance + 0.5);
  };
  const period = between(...PERIOD, random);
  const [shiftX, shiftY] = pattern === "rings" ? [0, 0] : [random.uniform(), random.uniform()];
  const contrast = between(0.35, 0.8, random);
  const turned = (cover: (x: number, y: number) => number) => (x: number, y: number) =>
    cover((x - centerX) * cos + (y - centerY) * sin, (y - centerY) * cos - (x - centerX) * sin);
  const [base, mark] = twoColors(random);
  paint(canvas, base, turned(inside));
  paint(
    canvas,
    mark,
    turned((x, y) => {
      const body = inside(x, y);
      if (body === 0) return 0;
      return body * contrast * (0.5 + 0.5 * ink(x / period + shiftX, y / period + shiftY));
    }),
  );
}

/** Two colors, one dark and one light, in either order. */
function twoColors(random: Random): [Color, Color] {
  const tint = (light: number): Color => {
    const [red, green, blue] = color(random);
    return [light + 0.35 * red, light + 0.35 * green, light + 0.35 * blue];
  };
  const [dark, light] = [tint(0.05), tint(0.6)];
  return random.integer(2) === 0 ? [dark, light] : [light, dark];
}

/** Light that falls off to one side, and sensor noise. */
function develop({ size, data }: Canvas, random: Random): Image {
  const angle = between(0, 2 * Math.PI, random);
  const fall = between(0, 0.5, random) / size;
  const [slopeX, slopeY] = [fall * Math.cos(angle), fall * Math.sin(angle)];
  const noise = between(0.01, 0.06, random);
  const bytes = new Uint8Array(data.length);
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const light = 1 + slopeX * (x - size / 2) + slopeY * (y - size / 2);
      const grain = noise * (2 * random.uniform() - 1);
      for (let channel = 0; channel < 3; channel++, at++)
        bytes[at] = Math.round(255 * clamp01((data[at] as number) * light + grain));
    }
  return { width: size, height: size, data: bytes };
}
