import { length } from "./canvas.js";
import { type Distance, pointsOf, toPolygon } from "./distance.js";

const polygon = (...xy: number[]): Distance => toPolygon(pointsOf(...xy));

/** The shapes that marks are printed on: signed distances to the edge, below 0 inside, of shapes in the unit circle. */
export const bodies: readonly Distance[] = [
  (x, y) => length(x, y) - 0.95, // disc
  (x, y) => 0.8 * (length(x / 0.98, y / 0.72) - 1), // ellipse
  (x, y) => length(Math.max(Math.abs(x) - 0.5, 0), Math.max(Math.abs(y) - 0.5, 0)) - 0.28, // square with round corners
  polygon(0, -1, 0.92, -0.3, 0.57, 0.78, -0.57, 0.78, -0.92, -0.3), // pentagon
  polygon(-0.5, -0.84, 0.5, -0.84, 0.98, 0, 0.5, 0.84, -0.5, 0.84, -0.98, 0), // hexagon
  polygon(0, -1, 0.9, 0, 0, 1, -0.9, 0), // diamond
  polygon(-0.74, -0.64, 0.74, -0.64, 0.74, 0.2, 0, 0.98, -0.74, 0.2), // shield
  cross(0.34, 0.9),
];

/** A cross whose arms have the half-width `w` and the length `r`. */
function cross(w: number, r: number): Distance {
  return polygon(-w, -r, w, -r, w, -w, r, -w, r, w, w, w, w, r, -w, r, -w, w, -r, w, -r, -w, -w, -w);
}
