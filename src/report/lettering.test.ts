import assert from "node:assert/strict";
import { test } from "node:test";
import { drawText, TEXT_HEIGHT } from "./lettering.js";

const WIDTH = 64;

/** The drawn dots, one character for each square of 2 x 2 pixels. */
function dotsOf(text: string, center: number): string[] {
  const image = { width: WIDTH, height: TEXT_HEIGHT, data: new Uint8Array(WIDTH * TEXT_HEIGHT * 3).fill(255) };
  drawText(image, text, center, 0);
  const dot = (x: number, y: number): string => (image.data[3 * (2 * y * WIDTH + 2 * x)] === 0 ? "#" : ".");
  return Array.from({ length: TEXT_HEIGHT / 2 }, (_, y) =>
    Array.from({ length: WIDTH / 2 }, (_, x) => dot(x, y)).join(""),
  );
}

test("letters are drawn in dots, centered on the column", () => {
  // Two letters of 5 dots and the dot between them are 22 pixels wide: from 31 - 11 = 20.
  const left = ".".repeat(10);
  assert.deepEqual(
    dotsOf("Lo", 31).map((row) => row.slice(0, 22)),
    [
      `${left}.##.........`,
      `${left}..#.........`,
      `${left}..#....###..`,
      `${left}..#...#...#.`,
      `${left}..#...#...#.`,
      `${left}..#...#...#.`,
      `${left}.###...###..`,
      `${left}............`,
    ],
  );
});

test("every letter and digit has a shape of its own, and other characters are spaces", () => {
  const shapes = [..."abcdefghijklmnopqrstuvwxyz0123456789-"].map((letter) => dotsOf(letter, 20).join("\n"));
  assert.equal(new Set(shapes).size, 37);
  assert.ok(!dotsOf("\u00e9 \n%", 31).join("").includes("#"));
});

test("text that is too wide is cut off at the edges of the image", () => {
  assert.equal(dotsOf("a very long heading", 31).length, 8);
});
