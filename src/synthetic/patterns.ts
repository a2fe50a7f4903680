import { length } from "./canvas.js";

/** The edge of the regular polygon with a corner at angle 0. */
function polygon(corners: number, angle: number): number {
  const sector = (2 * Math.PI) / corners;
  const fromMiddle = angle - sector * Math.floor(angle / sector) - sector / 2;
  return Math.cos(sector / 2) / Math.cos(fromMiddle);
}

/** Where the edge of each shape lies at an angle from the top, as a share of its radius; at most 1.2. */
export const shapes: readonly ((angle: number) => number)[] = [
  () => 0.88, // disc
  (angle) => 0.82 + 0.18 * Math.cos(6 * angle), // flower
  (angle) => 1.1 * polygon(4, angle + Math.PI / 4), // square
  (angle) => 0.78 + 0.32 * Math.cos(5 * angle), // star
  (angle) => 1.2 * polygon(3, angle), // triangle
];

/** 1 at whole numbers, -1 halfway between them. */
const wave = (x: number): number => Math.cos(2 * Math.PI * x);

/** The same in straight lines. */
const zigzag = (x: number): number => 4 * Math.abs(x - Math.floor(x) - 0.5) - 1;

/** Whether a place lies on one of the dark squares of a chess board. */
const onDark = (x: number, y: number): boolean => ((Math.floor(x) + Math.floor(y)) & 1) === 0;

/**
 * How much ink each pattern puts at a place, from -1 to 1, in periods from the middle of the shape. In a mirror none
 * becomes another.
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

/** Patterns about the middle of the shape; the others may lie anyhow. */
export const centered: ReadonlySet<string> = new Set(["rays", "rings"]);
