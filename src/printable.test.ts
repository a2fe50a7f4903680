import assert from "node:assert/strict";
import { test } from "node:test";
import { markdownText, printable, printableText, tableCell } from "./printable.js";

const ESC = "\u001b";

test("terminal sequences, line breaks, C1 controls and turned text are escaped, and letters of any script are not", () => {
  assert.equal(printable(`${ESC}[31mred\nx\r\t\u009b2J\u007f`), "\\u001b[31mred\\nx\\r\\t\\u009b2J\\u007f");
  assert.equal(printable("gpj.\u202eexe"), "gpj.\\u202eexe");
  assert.equal(printable("a\u2028b\ud800"), "a\\u2028b\\ud800");
  for (const text of ["été", "e\u0301", "日本語", "👩‍👩‍👧", "שלום", "a b-c_d.png"]) assert.equal(printable(text), text);
});

test("a text keeps its line breaks and tabs, and JSON keeps its values", () => {
  assert.equal(printableText(`a\n\tb${ESC}[2J`), "a\n\tb\\u001b[2J");
  const value = { name: `${ESC}\u009b\u2028\u202e\n` };
  assert.deepEqual(JSON.parse(printableText(JSON.stringify(value, null, 2))), value);
});

test("no HTML, link, image, heading or cell begins in a title of Markdown", () => {
  assert.equal(markdownText("a <script>\n# x ![i](u) | y"), "a &lt;script> # x !\\[i\\](u) \\| y");
  assert.equal(tableCell("a|b<img>"), "a\\|b&lt;img>");
  assert.equal(tableCell("+1.0 [0.5, 2.0] < 3"), "+1.0 [0.5, 2.0] < 3");
});
