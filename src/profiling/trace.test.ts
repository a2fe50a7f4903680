import assert from "node:assert/strict";
import { test } from "node:test";
import { parsedTrace } from "./trace.js";

/** As ONNX Runtime writes it: names unescaped, an event a line. */
const trace = (...names: string[]): string =>
  `[\n${names.map((name) => `{"cat" : "Node","name" :"${name}_kernel_time"}`).join(",\n")}\n]\n`;

test("a trace whose names hold line breaks and terminal escapes is read with these escaped", () => {
  assert.deepEqual(parsedTrace(trace("conv", "evil\n\u001b[31m")), [
    { cat: "Node", name: "conv_kernel_time" },
    { cat: "Node", name: "evil\n\u001b[31m_kernel_time" },
  ]);
});

test("a trace whose names hold quotes is refused with their cause", () => {
  assert.throws(() => parsedTrace(trace('a"b')), /^UserError: cannot read the trace .* quotes or backslashes/);
});
