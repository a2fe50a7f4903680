import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeFiles } from "../../testing/workspace.js";
import { classNames } from "./class-names.js";

test("names that a file lists by output begin with class 0 behind a background", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, {
    "own.json": '{"classes": ["background", "cat", "dog"]}',
    "config.json": '{"id2label": {"0": "background", "1": "cat", "2": "dog"}}',
  });
  for (const model of ["own.onnx", "other.onnx"]) {
    assert.deepEqual(await classNames(join(folder, model), 1), ["cat", "dog"]);
    assert.deepEqual(await classNames(join(folder, model)), ["background", "cat", "dog"]);
  }
});

test("the names of ImageNet are those of its classes, with and without a background", async (t) => {
  const folder = temporaryFolder(t);
  writeFiles(folder, { "r.json": '{"labels": "imagenet-1k"}' });
  for (const offset of [0, 1]) assert.equal((await classNames(join(folder, "r.onnx"), offset))[0], "n01440764");
});
