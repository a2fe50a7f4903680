import type { Image } from "../images/image.js";
import { drawText, TEXT_HEIGHT } from "./lettering.js";

export interface SheetOptions {
  /** Side in pixels of the square that each pixel becomes. Default: 1. */
  zoom?: number;
  /** Pixels of white between images and around them. Default: 8. */
  gap?: number;
  /** A line of text above each column. Default: none. */
  headings?: readonly string[];
  /** Text below each image, by row and column; "\n" separates lines. Default: none. */
  captions?: readonly (readonly string[])[];
}

/**
 * Images in rows and columns on white.
 * @param rows images of one size; a shorter row ends in white
 * @throws RangeError when there are no images or their sizes differ.
 */
export function contactSheet(
  rows: readonly (readonly Image[])[],
  { zoom = 1, gap = 8, headings, captions }: SheetOptions = {},
): Image {
  const first = rows[0]?.[0];
  if (!first || rows.flat().some(({ width, height }) => width !== first.width || height !== first.height))
    throw new RangeError("a contact sheet needs images of one size");
  const columns = Math.max(...rows.map((row) => row.length));
  const line = TEXT_HEIGHT + gap;
  const lines = Math.max(0, ...(captions ?? []).flat().map((caption) => caption.split("\n").length));
  const [stepX, stepY] = [first.width * zoom + gap, first.height * zoom + gap + lines * line];
  const above = gap + (headings ? line : 0);
  const [width, height] = [columns * stepX + gap, above + rows.length * stepY];
  const sheet = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  const centerOf = (column: number): number => gap + column * stepX + Math.floor((first.width * zoom) / 2);
  for (const [x, heading] of (headings ?? []).entries()) drawText(sheet, heading, centerOf(x), gap);
  for (const [y, row] of rows.entries())
    for (const [x, image] of row.entries()) {
      const top = above + y * stepY;
      place(sheet, image, gap + x * stepX, top, zoom);
      for (const [i, text] of (captions?.[y]?.[x] ?? "").split("\n").entries())
        drawText(sheet, text, centerOf(x), top + first.height * zoom + gap + i * line);
    }
  return sheet;
}

function place(sheet: Image, image: Image, left: number, top: number, zoom: number): void {
  for (let y = 0; y < image.height * zoom; y++)
    for (let x = 0; x < image.width * zoom; x++) {
      const from = (Math.floor(y / zoom) * image.width + Math.floor(x / zoom)) * 3;
      sheet.data.set(image.data.subarray(from, from + 3), ((top + y) * sheet.width + left + x) * 3);
    }
}
