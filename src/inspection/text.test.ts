import assert from "node:assert/strict";
import { test } from "node:test";
import { columns } from "./text.js";

test("a cell with a line break and a terminal escape stays on its line, escaped, and keeps the columns", () => {
  assert.deepEqual(
    columns([
      ["a\n\u001b[31m", "x"],
      ["bb", "y"],
    ]),
    ["  a\\n\\u001b[31m  x", `  bb${" ".repeat(13)}y`],
  );
});
