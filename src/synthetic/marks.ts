import { length } from "./canvas.js";
import { aboutMiddle, type Distance, type Point, pointsOf, toLines } from "./distance.js";

/** A figure that repeats in square cells. Printed on a body, it is the body's class. */
export interface Mark {
  readonly name: string;
  /** Side of a cell in periods, chosen so that the finest detail of all marks is about equally fine. */
  readonly cell: number;
  /** The distance from a point to the figure, both in cells; the figure repeats at whole numbers. */
  readonly distance: Distance;
  /** How far the ink reaches from the figure, in cells. */
  readonly reach: number;
  /** Whether the figure is an area, whose size is `reach`; otherwise it is a stroke of half-width `reach`. */
  readonly area?: true;
}

/** A triangle wave in [-1, 1] of period 1. */
const zigzag = (x: number): number => 4 * Math.abs(aboutMiddle(x)) - 1;

/** Whether a point is on a dark square of a checkerboard. */
const onDark = (u: number, v: number): boolean => ((Math.floor(u) + Math.floor(v)) & 1) === 0;

const texture = (name: string, distance: Distance, reach = 0.25): Mark => ({ name, cell: 1, reach, distance });

const area = (name: string, reach: number, distance: Distance): Mark => ({
  ...texture(name, distance, reach),
  area: true,
});

const bars = texture("bars", (u) => Math.abs(aboutMiddle(u)));
const lines = texture("lines", (_, v) => Math.abs(aboutMiddle(v)));
const slants = texture("slants", (u, v) => Math.abs(aboutMiddle((u + v) * Math.SQRT1_2)));
const zigzags = texture("zigzags", (u, v) => 0.8 * Math.abs(aboutMiddle(v + 0.3 * zigzag(u / 2))));
const dots = area("dots", 0.32, (u, v) => length(aboutMiddle(u), aboutMiddle(v)));
const checks = area("checks", 0.42, (u, v) =>
  onDark(u, v) ? Math.max(Math.abs(aboutMiddle(u)), Math.abs(aboutMiddle(v))) : 1,
);
const bricks = texture(
  "bricks",
  (u, v) => Math.min(Math.abs(aboutMiddle(v)), 2 * Math.abs(aboutMiddle(onDark(0, v + 0.5) ? u / 2 : u / 2 + 0.5))),
  0.2,
);
const weave = texture("weave", (u, v) => Math.abs(aboutMiddle(onDark(u / 2, v / 2) ? u : v)));

/** Side of the cell of a letter or a ring, in periods. */
const LARGE = 2.3;

/** Coordinates of the corners of letters in a cell: left, middle, right; top, bottom. */
const [L, M, R] = [0.24, 0.5, 0.76];
const [T, B] = [0.16, 0.84];

const letter = (name: string, ...strokes: (readonly Point[])[]): Mark => {
  const toStrokes = toLines(strokes);
  const distance: Distance = (u, v) => toStrokes(aboutMiddle(u) + 0.5, aboutMiddle(v) + 0.5);
  return { name, cell: LARGE, reach: 0.075, distance };
};

const e = letter("e", pointsOf(R, T, L, T, L, B, R, B), pointsOf(L, M, R - 0.1, M));
const f = letter("f", pointsOf(R, T, L, T, L, B), pointsOf(L, M, R - 0.1, M));
const h = letter("h", pointsOf(L, T, L, B), pointsOf(R, T, R, B), pointsOf(L, M, R, M));
const n = letter("n", pointsOf(L, B, L, T, R, B, R, T));
const p = letter("p", pointsOf(L, B, L, T, R, T, R, M, L, M));
const r = letter("r", pointsOf(L, B, L, T, R, T, R, M, L, M), pointsOf(M, M, R, B));
const k = letter("k", pointsOf(L, T, L, B), pointsOf(R, T, L, M, R, B));
const x = letter("x", pointsOf(L, T, R, B), pointsOf(R, T, L, B));

/** Radius of a ring in cells, and half the width of its gap. */
const [RADIUS, GAP] = [0.33, 0.14];
const FAR = 1;

/** A ring in each cell. `inner`: distance to the figure inside it. `open`: where the ring has a gap. */
const ring = (
  name: string,
  inner: (x: number, y: number) => number,
  open: (x: number, y: number) => boolean,
): Mark => ({
  name,
  cell: LARGE,
  reach: 0.075,
  distance: (u, v) => {
    const [x, y] = [aboutMiddle(u), aboutMiddle(v)];
    return Math.min(open(x, y) ? FAR : Math.abs(length(x, y) - RADIUS), inner(x, y));
  },
});

const nothing = () => FAR;
const closed = () => false;

const ringUp = ring("ring-up", nothing, (x, y) => y < 0 && Math.abs(x) < GAP);
const ringDown = ring("ring-down", nothing, (x, y) => y > 0 && Math.abs(x) < GAP);
const ringDot = ring("ring-dot", (x, y) => Math.max(0, length(x, y) - 0.04), closed);
const ringDash = ring("ring-dash", (x, y) => length(Math.max(0, Math.abs(x) - 0.16), y), closed);
const ringPlus = ring(
  "ring-plus",
  (x, y) => (length(x, y) < RADIUS ? Math.min(Math.abs(x), Math.abs(y)) : FAR),
  closed,
);
const ringDouble = ring("ring-double", (x, y) => Math.abs(length(x, y) - 0.15), closed);
const ringSides = ring("ring-sides", nothing, (_, y) => Math.abs(y) < GAP);
const ringPoles = ring("ring-poles", nothing, (x) => Math.abs(x) < GAP);

/** Pairs of marks of equal kind and difficulty: textures, letters and rings in turn. */
const pairs: readonly (readonly [Mark, Mark])[] = [
  [bars, lines],
  [e, p],
  [ringUp, ringDown],
  [dots, checks],
  [f, r],
  [ringDot, ringDash],
  [bricks, weave],
  [h, k],
  [ringPlus, ringDouble],
  [zigzags, slants],
  [n, x],
  [ringSides, ringPoles],
];

/** The largest number of classes. */
export const MAX_CLASSES = 2 * pairs.length;

/**
 * The marks of an even number of classes. The first half and the second are comparable: each holds one mark of each pair.
 * Mirroring turns no mark into another.
 */
export function marksOf(classes: number): readonly Mark[] {
  const chosen = pairs.slice(0, classes / 2);
  return [...chosen.map(([first]) => first), ...chosen.map(([, second]) => second)];
}
