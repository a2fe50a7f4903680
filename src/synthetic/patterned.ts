import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { between } from "../data/range.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { clamp01 } from "../images/planar.js";
import { encodeImage } from "../platform/node/codec.js";
import { writeBytes } from "../platform/node/files.js";
import { type Random, randomAt } from "../random.js";
import {
  anyColor,
  type Canvas,
  type Cover,
  colorAbove,
  type Direction,
  develop,
  type Light,
  length,
  newCanvas,
  paint,
  turned,
} from "./canvas.js";
import { centered, patterns, shapes } from "./patterns.js";

interface LabelledImage {
  readonly image: Image;
  /** The class, 0 or more. */
  readonly label: number;
}

/** The classes are the patterns, in the order of the alphabet, as labels count from 0. */
export const syntheticClasses: readonly string[] = Object.keys(patterns).sort();

/** Side of a picture in pixels. */
const SIDE = 64;

/** Lowest and highest of what differs from picture to picture. */
const RANGES = {
  /** Of the patterns, in pixels: too fine for a picture reduced to a quarter. */
  period: [5.5, 7],
  /** Of the ink: opacity where it is thickest. */
  ink: [0.5, 0.9],
  /** Of the sensor's noise: the largest deviation of a pixel from 0 to 1. */
  noise: [0.06, 0.16],
  /** Of the shape, in sides of the picture. */
  radius: [0.28, 0.42],
  /** Of shape and pattern, in radians. */
  tilt: [-0.2, 0.2],
} as const;

/** Pieces of clutter behind the shape. */
const CLUTTER = 8;

/**
 * Draws a patterned shape over clutter, in uneven light. Anyone sees the shape, but the class is the pattern in it, which
 * is fine detail. Classes take turns: the label is `index` modulo their number. The same seed, index and size give the
 * same bytes.
 * @param size side in pixels; the patterns stay as fine
 */
export function drawSynthetic(seed: number, index: number, size = SIDE): LabelledImage {
  const label = index % syntheticClasses.length;
  const random = randomAt(seed, index);
  const canvas = newCanvas(size);
  paint(canvas, anyColor(random), () => 1);
  for (let i = 0; i < CLUTTER; i++) paint(canvas, anyColor(random), ellipse(size, random));
  paintShape(canvas, syntheticClasses[label] as string, random);
  return { image: develop(canvas, lightOf(size, random), random), label };
}

/** The direction of an angle in radians. */
const direction = (angle: number): Direction => [Math.cos(angle), Math.sin(angle)];

/** A long, half transparent ellipse somewhere. */
function ellipse(size: number, random: Random): Cover {
  const [x, y, angle] = [size * random.uniform(), size * random.uniform(), Math.PI * random.uniform()];
  const [long, short] = [size * between([0.1, 0.5], random), size * between([0.03, 0.15], random)];
  const opacity = between([0.2, 0.8], random);
  const cover: Cover = (along, across) => opacity * clamp01((1 - length(along / long, across / short)) * short + 0.5);
  return turned(cover, x, y, direction(angle));
}

/** A shape in a dark color with a pattern in a light one, or the other way round. */
function paintShape(canvas: Canvas, pattern: string, random: Random): void {
  const { size } = canvas;
  const radius = size * between(RANGES.radius, random);
  const middle = () => between([0.9 * radius, size - 0.9 * radius], random);
  const [x, y, tilt] = [middle(), middle(), direction(between(RANGES.tilt, random))];
  const body = shapeOf(radius, random);
  const ink = inkOf(pattern, random);
  const [dark, light] = [colorAbove(0.05, random), colorAbove(0.6, random)];
  const [below, above] = random.integer(2) === 0 ? [dark, light] : [light, dark];
  paint(canvas, below, turned(body, x, y, tilt));
  paint(
    canvas,
    above,
    turned((x, y) => body(x, y) && body(x, y) * ink(x, y), x, y, tilt),
  );
}

/** One of the shapes about (0, 0). */
function shapeOf(radius: number, random: Random): Cover {
  const edge = shapes[random.integer(shapes.length)] as (typeof shapes)[number];
  return (x, y) => {
    const distance = length(x, y);
    return distance > 1.3 * radius ? 0 : clamp01(radius * edge(Math.atan2(x, -y)) - distance + 0.5);
  };
}

/** A pattern of some period and opacity, laid anyhow. */
function inkOf(pattern: string, random: Random): Cover {
  const ink = patterns[pattern] as (typeof patterns)[string];
  const [period, opacity] = [between(RANGES.period, random), between(RANGES.ink, random)];
  const [shiftX, shiftY] = centered.has(pattern) ? [0, 0] : [random.uniform(), random.uniform()];
  return (x, y) => opacity * (0.5 + 0.5 * ink(x / period + shiftX, y / period + shiftY));
}

/** Light that falls off to one side, and sensor noise. */
function lightOf(size: number, random: Random): Light {
  const [cos, sin] = direction(2 * Math.PI * random.uniform());
  const fall = between([0, 0.5], random) / size;
  return { slopeX: fall * cos, slopeY: fall * sin, noise: between(RANGES.noise, random) };
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
