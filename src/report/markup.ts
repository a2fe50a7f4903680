import { printable } from "../printable.js";

/** Text inside SVG or HTML, also inside the quotes of an attribute: it contains no markup and turns no text around. */
export const escaped = (content: string): string =>
  printable(content)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** A coordinate with one decimal. */
export const coordinate = (value: number): number => Math.round(10 * value) / 10;

/** A line of text in SVG. */
export const svgText = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${coordinate(x)}" y="${coordinate(y)}" ${attributes}>${escaped(content)}</text>`;
