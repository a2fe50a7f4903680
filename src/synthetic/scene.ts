import { between } from "../data/range.js";
import type { Image } from "../images/image.js";
import { clamp01 } from "../images/planar.js";
import { type Random, randomAt } from "../random.js";
import { bodies } from "./bodies.js";
import {
  anyColor,
  type Canvas,
  type Color,
  type Cover,
  type Direction,
  develop,
  length,
  newCanvas,
  paint,
  turned,
} from "./canvas.js";
import type { Distance } from "./distance.js";
import { type Mark, marksOf } from "./marks.js";
import { inkOf, type Style } from "./styles.js";

/** What a set's pictures have in common. */
export interface SceneSettings {
  /** Side in pixels, 64 or more; marks stay as fine. */
  readonly size: number;
  /** How many: an even number of 2 to 24. */
  readonly classes: number;
  readonly style: Style;
  /** The most objects in a picture. */
  readonly objects: number;
}

/** An object in a picture: its class, and the smallest box of whole pixels that holds it (right and bottom excluded). */
export interface BoxedObject {
  readonly label: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A synthetic image and its objects. */
export interface Scene {
  readonly image: Image;
  /** The largest first. */
  readonly objects: readonly BoxedObject[];
}

/** Lowest and highest of what differs from picture to picture. */
const RANGES = {
  /** Of marks, in pixels: too fine for a picture reduced to a quarter. */
  period: [5.5, 7],
  /** Of their ink: opacity. */
  ink: [0.3, 0.7],
  /** Of the sensor's noise: the largest deviation of a pixel from 0 to 1. */
  noise: [0.03, 0.09],
  /** Of the change of light from one side to the other. */
  fall: [-0.4, 0.4],
  /** Of an object that is alone, in sides of the picture. */
  radius: [0.3, 0.42],
  /** Of an object: tangent of half the angle. */
  tilt: [-0.1, 0.1],
} as const;

/** Shapes without marks behind the objects. */
const CLUTTER = 9;
/** Places tried for a further object before it is left out. */
const TRIES = 20;

/**
 * Draws printed objects over clutter, in uneven light. Anyone sees the objects; their classes are the marks printed on
 * them, which are fine detail. The class of the first object is `index` modulo the number of classes. The same settings,
 * seed and index give the same bytes on every machine: all is computed by operations that IEEE 754 defines to the last
 * bit (+, -, *, /, square root) and by integers.
 */
export function drawScene(settings: SceneSettings, seed: number, index: number): Scene {
  const { size, classes, style } = settings;
  const random = randomAt(seed, index);
  const canvas = newCanvas(size);
  const background = style.background(random);
  paint(canvas, background, () => 1);
  for (let i = 0; i < CLUTTER; i++) paintClutter(canvas, style, random);
  const marks = marksOf(classes);
  const objects: BoxedObject[] = placesOf(settings, random).map((place, i) => {
    const label = i === 0 ? index % classes : random.integer(classes);
    return paintObject(canvas, place, { label, mark: marks[label] as Mark, style, background }, random);
  });
  const [slopeX, slopeY] = [between(RANGES.fall, random) / size, between(RANGES.fall, random) / size];
  const image = develop(canvas, { slopeX, slopeY, noise: between(RANGES.noise, random) }, random);
  return { image, objects };
}

/** A circle that an object lies in. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Places that do not overlap, inside the picture, the largest first. */
function placesOf({ size, objects }: SceneSettings, random: Random): Place[] {
  const wanted = 1 + random.integer(objects);
  const places: Place[] = [];
  for (let tries = 0; places.length < wanted && tries < TRIES * wanted; tries++) {
    const radius = (size * between(RANGES.radius, random)) / Math.sqrt(wanted);
    const [x, y] = [between([radius + 1, size - radius - 1], random), between([radius + 1, size - radius - 1], random)];
    if (places.every((other) => length(x - other.x, y - other.y) > radius + other.radius))
      places.push({ x, y, radius });
  }
  return places.sort((a, b) => b.radius - a.radius);
}

/** The direction whose half angle has this tangent. */
const direction = (tangent: number): Direction => {
  const square = tangent * tangent;
  return [(1 - square) / (1 + square), (2 * tangent) / (1 + square)];
};

const anyBody = (random: Random): Distance => bodies[random.integer(bodies.length)] as Distance;

/** A plain shape somewhere, half transparent, perhaps stretched. */
function paintClutter(canvas: Canvas, style: Style, random: Random): void {
  const { size } = canvas;
  const [body, color] = [anyBody(random), anyColor(random)];
  const [x, y, tilt] = [size * random.uniform(), size * random.uniform(), direction(between([-1, 1], random))];
  const [long, short] = [size * between([0.1, 0.4], random), size * between([0.04, 0.2], random)];
  const opacity = between([0.2, 0.8], random);
  const cover: Cover = (along, across) =>
    length(along / long, across / short) > 1.5 ? 0 : opacity * style.shape(short * body(along / long, across / short));
  paint(canvas, color, turned(cover, x, y, tilt));
}

const BLACK: Color = [0, 0, 0];
/** How much light a shadow takes. */
const SHADOW = 0.45;
/** How far outside a body its edge and its shadow reach, in pixels. */
const REACH = 2;

/** What is to be drawn at a place. */
interface Print {
  readonly label: number;
  readonly mark: Mark;
  readonly style: Style;
  readonly background: Color;
}

/** A shape with marks in a contrasting color. */
function paintObject(canvas: Canvas, place: Place, print: Print, random: Random): BoxedObject {
  const { mark, style, background } = print;
  const { radius } = place;
  const [body, tilt] = [anyBody(random), direction(between(RANGES.tilt, random))];
  const { body: below, ink: above } = style.colors(background, random);
  const opacity = between(RANGES.ink, random);
  const shift = [random.uniform(), random.uniform()] as const;
  const ink = inkOf(style, mark, between(RANGES.period, random), shift);
  const distance = (x: number, y: number) => radius * body(x / radius, y / radius);
  const inside: Cover = (x, y) => clamp01(0.5 - distance(x, y));
  const placed = (cover: Cover, moved = 0): Cover =>
    turned((x, y) => (length(x, y) > radius + REACH ? 0 : cover(x, y)), place.x + moved, place.y + moved, tilt);
  if (style.solid)
    paint(
      canvas,
      BLACK,
      placed((x, y) => SHADOW * clamp01(0.5 - distance(x, y) / 3), between([1, 4], random)),
    );
  paint(canvas, below, placed(inside));
  paint(
    canvas,
    above,
    placed((x, y) => inside(x, y) && opacity * inside(x, y) * ink(x, y)),
  );
  if (!style.solid)
    paint(
      canvas,
      above,
      placed((x, y) => style.shape(distance(x, y))),
    );
  return { label: print.label, ...boxOf(canvas.size, placed(inside)) };
}

/** The smallest box that holds every pixel that is covered by half. */
function boxOf(size: number, cover: Cover): Omit<BoxedObject, "label"> {
  let [left, top, right, bottom] = [size, size, 0, 0];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      if (cover(x + 0.5, y + 0.5) < 0.5) continue;
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
    }
  return { left, top, right, bottom };
}
