import { between } from "../data/range.js";
import { clamp01 } from "../images/planar.js";
import { type Random, randomAt } from "../random.js";
import { type Appearance, inkOf } from "./appearances.js";
import { bodies } from "./bodies.js";
import {
  type Canvas,
  type Color,
  type Cover,
  type Direction,
  develop,
  length,
  newCanvas,
  paint,
  placed,
  randomColor,
} from "./canvas.js";
import type { Distance } from "./distance.js";
import { type Mark, marksOf } from "./marks.js";
import { type BoxedObject, boxOf, type Scene, type SceneSettings } from "./scene.js";

/** Lowest and highest value of each random quantity. */
const RANGES = {
  /** Of marks, in pixels: too fine for an image at a quarter of the resolution. */
  period: [5.5, 7],
  /** Opacity of their ink. */
  ink: [0.3, 0.7],
  /** Largest deviation of a pixel by sensor noise, in the unit of [0, 1]. */
  noise: [0.03, 0.09],
  /** Relative change of brightness from one side of the image to the other. */
  fall: [-0.4, 0.4],
  /** Of a single object, as a share of the image's side. */
  radius: [0.3, 0.42],
  /** Rotation of an object: the tangent of half the angle. */
  tilt: [-0.1, 0.1],
} as const;

/** Plain shapes behind the objects. */
const CLUTTER = 9;
/** Placements tried for each object before it is omitted. */
const TRIES = 20;

/**
 * Renders objects with printed marks over clutter in uneven light. The objects are visible at any resolution; their
 * classes are the marks, which are fine detail. The class of the first object is `index` modulo the number of classes.
 * Equal arguments give equal bytes on every machine: all operations are on integers or defined to the last bit by IEEE 754
 * (+, -, *, /, square root).
 */
export function renderPrinted(appearance: Appearance, settings: SceneSettings, seed: number, index: number): Scene {
  const { size, classes } = settings;
  const random = randomAt(seed, index);
  const canvas = newCanvas(size);
  const background = appearance.background(random);
  paint(canvas, background, () => 1);
  for (let i = 0; i < CLUTTER; i++) paintClutter(canvas, appearance, random);
  const marks = marksOf(classes);
  const objects: BoxedObject[] = placesOf(settings, random).map((place, i) => {
    const label = i === 0 ? index % classes : random.integer(classes);
    return paintObject(canvas, place, { label, mark: marks[label] as Mark, appearance, background }, random);
  });
  const [slopeX, slopeY] = [between(RANGES.fall, random) / size, between(RANGES.fall, random) / size];
  const image = develop(canvas, { slopeX, slopeY, noise: between(RANGES.noise, random) }, random);
  return { image, objects };
}

/** The circle around an object. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Circles inside the image that do not overlap, the largest first. */
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

/** The direction of the angle whose half has this tangent. */
const direction = (tangent: number): Direction => {
  const square = tangent * tangent;
  return [(1 - square) / (1 + square), (2 * tangent) / (1 + square)];
};

const randomBody = (random: Random): Distance => bodies[random.integer(bodies.length)] as Distance;

/** Paints a translucent, stretched shape at a random place. */
function paintClutter(canvas: Canvas, appearance: Appearance, random: Random): void {
  const { size } = canvas;
  const [body, color] = [randomBody(random), randomColor(random)];
  const [x, y, tilt] = [size * random.uniform(), size * random.uniform(), direction(between([-1, 1], random))];
  const [long, short] = [size * between([0.1, 0.4], random), size * between([0.04, 0.2], random)];
  const opacity = between([0.2, 0.8], random);
  const cover: Cover = (along, across) =>
    length(along / long, across / short) > 1.5
      ? 0
      : opacity * appearance.shape(short * body(along / long, across / short));
  paint(canvas, color, placed(cover, x, y, tilt));
}

const BLACK: Color = [0, 0, 0];
/** Opacity of a shadow. */
const SHADOW = 0.45;
/** How far beyond its body an object's edge and shadow reach, in pixels. */
const REACH = 2;

/** The appearance of an object. */
interface Print {
  readonly label: number;
  readonly mark: Mark;
  readonly appearance: Appearance;
  readonly background: Color;
}

/** Paints a shape with marks in a contrasting color. */
function paintObject(canvas: Canvas, place: Place, print: Print, random: Random): BoxedObject {
  const { mark, appearance, background } = print;
  const { radius } = place;
  const [body, tilt] = [randomBody(random), direction(between(RANGES.tilt, random))];
  const { body: below, ink: above } = appearance.colors(background, random);
  const opacity = between(RANGES.ink, random);
  const shift = [random.uniform(), random.uniform()] as const;
  const ink = inkOf(appearance, mark, between(RANGES.period, random), shift);
  const distance = (x: number, y: number) => radius * body(x / radius, y / radius);
  const inside: Cover = (x, y) => clamp01(0.5 - distance(x, y));
  const inPlace = (cover: Cover, moved = 0): Cover =>
    placed((x, y) => (length(x, y) > radius + REACH ? 0 : cover(x, y)), place.x + moved, place.y + moved, tilt);
  if (appearance.solid)
    paint(
      canvas,
      BLACK,
      inPlace((x, y) => SHADOW * clamp01(0.5 - distance(x, y) / 3), between([1, 4], random)),
    );
  paint(canvas, below, inPlace(inside));
  paint(
    canvas,
    above,
    inPlace((x, y) => inside(x, y) && opacity * inside(x, y) * ink(x, y)),
  );
  if (!appearance.solid)
    paint(
      canvas,
      above,
      inPlace((x, y) => appearance.shape(distance(x, y))),
    );
  return { label: print.label, ...boxOf(canvas.size, inPlace(inside)) };
}
