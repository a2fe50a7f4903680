import assert from "node:assert/strict";
import { test } from "node:test";
import { silentReporter } from "../reporter.js";
import { reportImages } from "./reported-images.js";

test("each image is listed once, its path once in its line, and then the number", () => {
  const lines: string[] = [];
  const report = { ...silentReporter, info: (text: string) => lines.push(text) };
  const leftOut = new Map([
    ["a/1.png", "cannot decode a/1.png: it has 2 pages; expected a single image"],
    ["a/\u001b2.png", "cannot read a/\u001b2.png: no such file or folder"],
  ]);
  reportImages(leftOut, [["b.jpg", "its end marker is missing"]], report);
  assert.deepEqual(lines, [
    "left out a/1.png: it has 2 pages; expected a single image",
    "left out a/\\u001b2.png: no such file or folder",
    "2 images could not be read",
    "flawed b.jpg: its end marker is missing",
    "1 image decoded in spite of a flaw",
  ]);
});
