import type { Image } from "../images/image.js";

/*
 * Text in images without a font: rendering text as SVG needs fonts of the system, which servers often lack.
 */

/** Columns and rows of a letter, in dots. */
const [COLUMNS, ROWS] = [5, 8];

/** Dots from the beginning of a letter to that of the next. */
const STEP = COLUMNS + 1;

/** The usual 5 x 8 dot-matrix letters: five columns in hexadecimal, the lowest bit is the top dot. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: "2054547840", b: "7f28444438", c: "3844444428", d: "384444287f", e: "3854545418", f: "00087e0902" },
  ...{ g: "18a4a49c78", h: "7f08040478", i: "00447d4000", j: "4080807a00", k: "7f10284400", l: "00417f4000" },
  ...{ m: "7c04780478", n: "7c08040478", o: "3844444438", p: "fc18242418", q: "18242418fc", r: "7c08040400" },
  ...{ s: "4854545424", t: "04043f4424", u: "3c4040207c", v: "1c2040201c", w: "3c4030403c", x: "4428102844" },
  ...{ y: "4c9090907c", z: "4464544c44" },
  ...{ 0: "3e5149453e", 1: "00427f4000", 2: "4261514946", 3: "2141454b31", 4: "1814127f10", 5: "2745454539" },
  ...{ 6: "3c4a494930", 7: "0171090503", 8: "3649494936", 9: "064949291e", "-": "0808080808" },
};

/** Side in pixels of a dot. */
const DOT = 2;

/** Height in pixels of a line of text. */
export const TEXT_HEIGHT = ROWS * DOT;

/** Width in pixels of a line of text. */
export const textWidth = (text: string): number => ([...text].length * STEP - 1) * DOT;

/**
 * Draws a line of text into an image, centered on a column. Letters are drawn in lower case; characters that are neither a
 * letter nor a digit nor a hyphen become spaces.
 */
export function drawText(image: Image, text: string, center: number, top: number): void {
  const letters = [...text.toLowerCase()];
  const left = center - Math.floor(textWidth(text) / 2);
  for (const [i, letter] of letters.entries())
    for (let column = 0; column < COLUMNS; column++) {
      const bits = Number.parseInt((LETTERS[letter] ?? "").slice(2 * column, 2 * column + 2) || "0", 16);
      for (let row = 0; row < ROWS; row++)
        if ((bits >> row) & 1) drawDot(image, left + (i * STEP + column) * DOT, top + row * DOT);
    }
}

/** A black square; parts outside the image are left out. */
function drawDot({ width, height, data }: Image, left: number, top: number): void {
  for (let y = Math.max(0, top); y < Math.min(height, top + DOT); y++)
    for (let x = Math.max(0, left); x < Math.min(width, left + DOT); x++)
      data.fill(0, 3 * (y * width + x), 3 * (y * width + x) + 3);
}
