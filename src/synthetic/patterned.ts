import { between } from "../data/range.js";
import { clamp01 } from "../images/planar.js";
import { type Random, randomAt } from "../random.js";
import {
  type Canvas,
  type Cover,
  colorAbove,
  type Direction,
  develop,
  type Light,
  length,
  newCanvas,
  paint,
  placed,
  randomColor,
} from "./canvas.js";
import { centered, patterns, shapes } from "./patterns.js";
import { boxOf, type Extent, type Scene } from "./scene.js";

/** The classes are the patterns in alphabetical order. */
export const patternNames: readonly string[] = Object.keys(patterns).sort();

/** Lowest and highest value of each random quantity. */
const RANGES = {
  /** Of the patterns, in pixels: too fine for an image at a quarter of the resolution. */
  period: [5.5, 7],
  /** Opacity of the ink where it is thickest. */
  ink: [0.5, 0.9],
  /** Largest deviation of a pixel by sensor noise, in the unit of [0, 1]. */
  noise: [0.06, 0.16],
  /** Of the object, as a share of the image's side. */
  radius: [0.28, 0.42],
  /** Rotation of object and pattern in radians. */
  tilt: [-0.2, 0.2],
} as const;

/** Ellipses behind the object. */
const CLUTTER = 8;

/**
 * Renders one patterned object over clutter in uneven light. The object is visible at any resolution; the class is its
 * pattern, which is fine detail. The label is `index` modulo the number of patterns. Equal arguments give equal bytes
 * wherever `Math.cos` and `Math.atan2` round alike, that is on one version of V8.
 * @param size side in pixels; the patterns keep their period.
 */
export function renderPatterned(size: number, seed: number, index: number): Scene {
  const label = index % patternNames.length;
  const random = randomAt(seed, index);
  const canvas = newCanvas(size);
  paint(canvas, randomColor(random), () => 1);
  for (let i = 0; i < CLUTTER; i++) paint(canvas, randomColor(random), ellipse(size, random));
  const box = paintObject(canvas, patternNames[label] as string, random);
  return { image: develop(canvas, lightOf(size, random), random), objects: [{ label, ...box }] };
}

/** The direction of an angle in radians. */
const direction = (angle: number): Direction => [Math.cos(angle), Math.sin(angle)];

/** A long, translucent ellipse at a random place. */
function ellipse(size: number, random: Random): Cover {
  const [x, y, angle] = [size * random.uniform(), size * random.uniform(), Math.PI * random.uniform()];
  const [long, short] = [size * between([0.1, 0.5], random), size * between([0.03, 0.15], random)];
  const opacity = between([0.2, 0.8], random);
  const cover: Cover = (along, across) => opacity * clamp01((1 - length(along / long, across / short)) * short + 0.5);
  return placed(cover, x, y, direction(angle));
}

/** Paints a dark shape with a light pattern, or a light shape with a dark pattern. @returns the shape's box. */
function paintObject(canvas: Canvas, pattern: string, random: Random): Extent {
  const { size } = canvas;
  const radius = size * between(RANGES.radius, random);
  const middle = () => between([0.9 * radius, size - 0.9 * radius], random);
  const [x, y, tilt] = [middle(), middle(), direction(between(RANGES.tilt, random))];
  const body = shapeOf(radius, random);
  const ink = inkOf(pattern, random);
  const [dark, light] = [colorAbove(0.05, random), colorAbove(0.6, random)];
  const [below, above] = random.integer(2) === 0 ? [dark, light] : [light, dark];
  const whole = placed(body, x, y, tilt);
  paint(canvas, below, whole);
  paint(
    canvas,
    above,
    placed((x, y) => body(x, y) && body(x, y) * ink(x, y), x, y, tilt),
  );
  return boxOf(size, whole);
}

/** A random shape about (0, 0). */
function shapeOf(radius: number, random: Random): Cover {
  const edge = shapes[random.integer(shapes.length)] as (typeof shapes)[number];
  return (x, y) => {
    const distance = length(x, y);
    return distance > 1.3 * radius ? 0 : clamp01(radius * edge(Math.atan2(x, -y)) - distance + 0.5);
  };
}

/** A pattern of random period, opacity and phase. */
function inkOf(pattern: string, random: Random): Cover {
  const ink = patterns[pattern] as (typeof patterns)[string];
  const [period, opacity] = [between(RANGES.period, random), between(RANGES.ink, random)];
  const [shiftX, shiftY] = centered.has(pattern) ? [0, 0] : [random.uniform(), random.uniform()];
  return (x, y) => opacity * (0.5 + 0.5 * ink(x / period + shiftX, y / period + shiftY));
}

/** A light that falls off in a random direction, and sensor noise. */
function lightOf(size: number, random: Random): Light {
  const [cos, sin] = direction(2 * Math.PI * random.uniform());
  const fall = between([0, 0.5], random) / size;
  return { slopeX: fall * cos, slopeY: fall * sin, noise: between(RANGES.noise, random) };
}
