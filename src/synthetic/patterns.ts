import { length } from "./canvas.js";

/** The edge of the regular polygon with circumradius 1 and a corner at angle 0, in polar coordinates. */
function polygon(corners: number, angle: number): number {
  const sector = (2 * Math.PI) / corners;
  const fromMiddle = angle - sector * Math.floor(angle / sector) - sector / 2;
  return Math.cos(sector / 2) / Math.cos(fromMiddle);
}

/** The edge of each shape in polar coordinates: its distance at an angle from the top, in radii; at most 1.2. */
export const shapes: readonly ((angle: number) => number)[] = [
  () => 0.88, // disc
  (angle) => 0.82 + 0.18 * Math.cos(6 * angle), // flower
  (angle) => 1.1 * polygon(4, angle + Math.PI / 4), // square
  (angle) => 0.78 + 0.32 * Math.cos(5 * angle), // star
  (angle) => 1.2 * polygon(3, angle), // triangle
];

/** A cosine of period 1: 1 at whole numbers, -1 halfway between them. */
const wave = (x: number): number => Math.cos(2 * Math.PI * x);

/** A triangle wave in [-1, 1] of period 1. */
const zigzag = (x: number): number => 4 * Math.abs(x - Math.floor(x) - 0.5) - 1;

/** Whether a point is on a dark square of a checkerboard. */
const onDark = (x: number, y: number): boolean => ((Math.floor(x) + Math.floor(y)) & 1) === 0;

/**
 * The ink of each pattern, -1 to 1, at a point in periods from the center of the shape. Mirroring turns no pattern into
 * another.
 */
export const patterns: Readonly<Record<string, (x: number, y: number) => number>> = {
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

/** Patterns centered on the shape; the others have a random phase. */
export const centered: ReadonlySet<string> = new Set(["rays", "rings"]);
