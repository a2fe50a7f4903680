import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { writeBytes } from "../files.js";
import { encodeImage } from "../images/codec.js";
import type { Image } from "../images/image.js";
import type { LabelledImage } from "./labelled.js";
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

/** 1 at whole numbers, -1 halfway between them, in straight lines. */
const zigzag = (x: number): number => 4 * Math.abs(x - Math.floor(x) - 0.5) - 1;

/** Whether a place falls on the dark squares of a chess board. */
const onDark = (x: number, y: number): boolean => ((Math.floor(x) + Math.floor(y)) & 1) === 0;

/**
 * How much ink each pattern puts at a place, from -1 to 1, in periods from the middle of the shape. The pattern is the
 * class; in a mirror it stays the same.
 */
const patterns: Readonly<Record<string, (x: number, y: number) => number>> = {
  bars: (x) => wave(x),
  bricks: (x, y) => Math.max(wave(y), onDark(0, y + 0.5) ? wave(x / 2) : wave(x / 2 + 0.5)),
  checks: (x, y) => wave(x) * wave(y),
  dots: (x, y) => Math.max(0, wave(x) + wave(y)) - 1,
  lines: (_, y) => wave(y),
  rays: (x, y) => wave((16 * Math.atan2(x, y)) / (2 * Math.PI)),
  rings: (x, y) => wave(length(x, y)),
  slants: (x, y) => wave((x + y) * Math.SQRT1_2),
  weave: (x, y) => (onDark(x / 2, y / 2) ? wave(x) : wave(y)),
  zigzags: (x, y) => wave(y + 0.25 * zigzag(x / 2)),
};

/** In the order of the alphabet, as labels count from 0. */
export const syntheticClasses: readonly string[] = Object.keys(patterns);

/** RGB, each from 0 to 1. */
type Color = readonly [number, number, number];

/** A square picture under work: RGB in 0 to 1, interleaved. */
interface Canvas {
  readonly size: number;
  readonly data: Float32Array;
}

/** Side of a picture in pixels. */
const SIDE = 64;

/** Period of the patterns in pixels, smallest and largest: too fine for a picture reduced to a quarter. */
const PERIOD = [5, 6.5] as const;

/**
 * Draws a picture of a patterned shape over clutter, in uneven light. The shape is plain to see; which pattern it bears,
 * which the class also hangs on, is fine detail. Classes take turns: the label is `index` modulo their number.
 * The same seed, index and size give the same bytes.
 * @param size side in pixels
 */
export function drawSynthetic(seed: number, index: number, size = SIDE): LabelledImage {
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
function patternedShape(canvas: Canvas, pattern: string, random: Random): void {
  const ink = patterns[pattern] as (typeof patterns)[string];
  const edge = Object.values(shapes)[random.integer(5)] as (typeof shapes)[string];
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
  const [shiftX, shiftY] = ["rings", "rays"].includes(pattern) ? [0, 0] : [random.uniform(), random.uniform()];
  const contrast = between(0.5, 0.9, random);
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
  const noise = between(0.01, 0.04, random);
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

export interface SyntheticSet {
  /** Pictures; at least one of each class. */
  readonly count: number;
  readonly seed: number;
  /** Index of the first picture: sets of one seed with other indices have no picture in common. Default: 0. */
  readonly firstIndex?: number;
  /** Side in pixels. Default: 64. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  onProgress?(done: number): void;
}

/** Pictures written at once. */
const TOGETHER = 32;

/**
 * Writes pictures as PNG, a folder for each class. Nothing happens when they are all there already.
 * @throws UserError when the folder holds another set, or cannot be written; what `signal` says when it aborts.
 */
export async function writeSynthetic(folder: string, set: SyntheticSet): Promise<void> {
  const { count, seed, firstIndex = 0, size = SIDE, signal, onProgress } = set;
  if (count < syntheticClasses.length)
    throw new RangeError(`${count} pictures cannot show ${syntheticClasses.length} classes`);
  const description = `${JSON.stringify({ count, seed, firstIndex, size, classes: syntheticClasses }, null, 2)}\n`;
  const marker = join(folder, "synthetic.json");
  const earlier = await readFile(marker, "utf8").catch(() => null);
  if (earlier === description) return;
  if (earlier !== null)
    throw new UserError(`${folder} holds other pictures (${marker}): remove it, or choose another folder`);
  for (let done = 0; done < count; done += TOGETHER) {
    signal?.throwIfAborted();
    const indices = Array.from({ length: Math.min(TOGETHER, count - done) }, (_, i) => firstIndex + done + i);
    await Promise.all(indices.map((index) => writePicture(folder, drawSynthetic(seed, index, size), index)));
    onProgress?.(done + indices.length);
  }
  await writeBytes(marker, [description]);
}

const writePicture = (folder: string, { image, label }: LabelledImage, index: number): Promise<void> =>
  encodeImage(image, join(folder, syntheticClasses[label] as string, `${String(index).padStart(6, "0")}.png`));
