import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryPath } from "../../testing/shared.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { GraphBuilder } from "../onnx/builder.js";
import { writeModel } from "../platform/node/models.js";
import { openClassifier } from "./classifier.js";
import { readFeatureExtractor } from "./feature-files.js";

const PROCESSOR = repositoryPath("models/sr-x4-ra.onnx");
const image = ["N", 3, "H", "W"];
const layouts = [
  ["an image", image, image],
  ["an image with channels last", ["N", "H", "W", 3], ["N", "H2", "W2", 3]],
] as const;

for (const [what, input, output] of layouts)
  test(`a file that returns ${what} is refused as a processor where a recognizer is expected`, async (t) => {
    const b = new GraphBuilder("restorer");
    b.output("y", b.Mul(b.input("x", [...input]), b.scalar(0.5)), [...output]);
    const path = join(temporaryFolder(t), "restorer.onnx");
    await writeModel(b.build(), path);
    await assert.rejects(
      openClassifier(path),
      /restorer\.onnx as a recognizer: it is a processor.*expected a classifier/,
    );
    await assert.rejects(readFeatureExtractor(path, [], { range: 1 }), /it is a processor/);
    const settings = { range: 1, size: 8, layout: input[3] === 3 ? "NHWC" : "NCHW" } as const;
    await assert.rejects(openClassifier(path, settings), /as that of a processor; a recognizer is expected/);
  });

test("a processor that Legible trained is refused as a recognizer whatever its preprocessing", async () => {
  await assert.rejects(openClassifier(PROCESSOR, { range: 1, size: 32 }), /it is a processor/);
  await assert.rejects(readFeatureExtractor(PROCESSOR, [], { range: 1, size: 32 }), /it is a processor/);
});
