import { numberText } from "../../number-text.js";
import type { Figure } from "../document.js";

/** "53.3 [50.6, 56.0]"; "–" for a figure that is not defined. */
export function figureText(figure: Figure, digits: number, signed = false): string {
  if (figure === null) return "–";
  const [value, low, high] = figure;
  const text = numberText(value, digits, signed);
  return low === undefined || high === undefined ? text : `${text} ${intervalText([low, high], digits, signed)}`;
}

/** "[50.6, 56.0]" */
export const intervalText = ([low, high]: readonly [number, number], digits: number, signed = false): string =>
  `[${numberText(low, digits, signed)}, ${numberText(high, digits, signed)}]`;
