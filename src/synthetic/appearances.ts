import { clamp01 } from "../images/planar.js";
import type { Random } from "../random.js";
import { type Color, type Cover, colorAbove, randomColor } from "./canvas.js";
import type { Mark } from "./marks.js";

/** Half the width of a pen stroke in pixels. */
const PEN = 0.75;

/** The colors of an object. */
export interface Colors {
  readonly body: Color;
  readonly ink: Color;
}

/** The appearance of scenes of printed objects. Their content does not depend on it. */
export interface Appearance {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** The cover of a shape at a signed distance from its edge, in pixels: below 0 inside. */
  readonly shape: (distance: number) => number;
  /** The cover of a mark's ink at a distance from the mark's figure; distance and cell in pixels. */
  readonly ink: (mark: Mark, distance: number, cell: number) => number;
  /** Whether objects cast shadows; otherwise their edges are stroked. */
  readonly solid: boolean;
  colors(background: Color, random: Random): Colors;
  background(random: Random): Color;
}

/** A light color and a dark one, in either order. */
function contrasting(random: Random): Colors {
  const [dark, light] = [colorAbove(0.05, random), colorAbove(0.6, random)];
  return random.integer(2) === 0 ? { body: dark, ink: light } : { body: light, ink: dark };
}

export const filled: Appearance = {
  name: "filled",
  summary: "areas of color with shadows, broad marks",
  shape: (distance) => clamp01(0.5 - distance),
  ink: ({ reach }, distance, cell) => clamp01(reach * cell - distance + 0.5),
  solid: true,
  colors: (_, random) => contrasting(random),
  background: randomColor,
};

/** The cover of a pen stroke at a distance from its center line, in pixels. */
const stroke = (distance: number): number => clamp01(PEN + 0.5 - Math.abs(distance));

/** Ink of one color on paper, or chalk on a board. Marks that are areas in `filled` are outlines here. */
export const outline: Appearance = {
  name: "outline",
  summary: "pen strokes on paper or chalk on a board",
  shape: stroke,
  ink: (mark, distance, cell) => stroke(mark.area ? distance - mark.reach * cell : distance),
  solid: false,
  colors(background, random) {
    const dark = background[0] + background[1] + background[2] < 1.5;
    return { body: background, ink: colorAbove(dark ? 0.6 : 0.05, random) };
  },
  background: (random) => contrasting(random).body,
};

/** The ink of a mark as a cover about (0, 0), with the period in pixels and shifted by a share of a cell. */
export function inkOf(
  appearance: Appearance,
  mark: Mark,
  period: number,
  [shiftX, shiftY]: readonly [number, number],
): Cover {
  const cell = mark.cell * period;
  return (x, y) => appearance.ink(mark, cell * mark.distance(x / cell + shiftX, y / cell + shiftY), cell);
}
