import { UserError } from "../errors.js";
import { clamp01 } from "../images/planar.js";
import type { Random } from "../random.js";
import { anyColor, type Color, type Cover, colorAbove } from "./canvas.js";
import type { Mark } from "./marks.js";

/** Half the thickness of a pen's line in pixels. */
const PEN = 0.75;

/** The colors of an object. */
export interface Colors {
  readonly body: Color;
  readonly ink: Color;
}

/** A way of rendering the same scenes. */
export interface Style {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /** The cover of a shape, from the signed distance to its edge in pixels: below 0 inside. */
  readonly shape: (distance: number) => number;
  /** The cover of a mark's ink at a distance of so many pixels from it. */
  readonly ink: (mark: Mark, distance: number, cell: number) => number;
  /** Whether objects are bodies that throw shadows; else an edge is drawn around them. */
  readonly solid: boolean;
  colors(background: Color, random: Random): Colors;
  background(random: Random): Color;
}

/** A light color and a dark one, in either order. */
function contrasting(random: Random): Colors {
  const [dark, light] = [colorAbove(0.05, random), colorAbove(0.6, random)];
  return random.integer(2) === 0 ? { body: dark, ink: light } : { body: light, ink: dark };
}

const filled: Style = {
  name: "filled",
  summary: "areas of color with shadows, the marks broad",
  shape: (distance) => clamp01(0.5 - distance),
  ink: ({ reach }, distance, cell) => clamp01(reach * cell - distance + 0.5),
  solid: true,
  colors: (_, random) => contrasting(random),
  background: anyColor,
};

/** The cover of a pen's line at a distance from its middle, in pixels. */
const line = (distance: number): number => clamp01(PEN + 0.5 - Math.abs(distance));

/** Ink of one color on paper, or chalk on a board; what is an area in the other style is an outline. */
const outline: Style = {
  name: "outline",
  summary: "drawn with a pen on paper or with chalk on a board",
  shape: line,
  ink: (mark, distance, cell) => line(mark.area ? distance - mark.reach * cell : distance),
  solid: false,
  colors(background, random) {
    const dark = background[0] + background[1] + background[2] < 1.5;
    return { body: background, ink: colorAbove(dark ? 0.6 : 0.05, random) };
  },
  background: (random) => contrasting(random).body,
};

/** Every style by name. */
export const styles: readonly Style[] = [filled, outline];

/** @throws UserError for an unknown name. */
export function findStyle(name: string): Style {
  const style = styles.find((each) => each.name === name);
  if (style) return style;
  throw new UserError(`there is no style "${name}"; give one of ${styles.map((each) => each.name).join(", ")}`);
}

/** The ink of a mark as a cover about (0, 0): `period` in pixels, moved by a share of a cell. */
export function inkOf(style: Style, mark: Mark, period: number, shift: readonly [number, number]): Cover {
  const cell = mark.cell * period;
  return (x, y) => style.ink(mark, cell * mark.distance(x / cell + shift[0], y / cell + shift[1]), cell);
}
