import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import { imagenetMeta } from "../../../testing/imagenet-meta.js";
import { readMatlabStruct } from "./matlab.js";

/** The same file with its only element uncompressed. */
const plain = Buffer.concat([imagenetMeta.subarray(0, 128), inflateSync(imagenetMeta.subarray(136))]);

for (const [what, file] of [
  ["a compressed", imagenetMeta],
  ["an uncompressed", plain],
] as const)
  test(`strings, numbers, empty fields and arrays are read from ${what} structure array written by SciPy`, () =>
    assert.deepEqual(
      [...readMatlabStruct(file)],
      [
        ["ILSVRC2012_ID", [1, 2, 3, 1001]],
        ["WNID", ["n02119789", "n02100735", "n02110185", "n00001740"]],
        ["words", ["kit fox, Vulpes macrotis", "English setter", "Siberian husky", "entity é"]],
        ["gloss", ["", "a fox", "", "a fox"]],
        ["num_children", [0, 0, 0, 2]],
        ["children", ["", "", "", 2]],
        ["wordnet_height", [0, 0, 0, 0]],
        ["num_train_images", [1300, 1300, 1300, 1300]],
      ],
    ));

test("a file truncated at any offset is refused", () => {
  for (const file of [imagenetMeta, plain])
    for (let length = 0; length < file.length; length += 13)
      assert.throws(() => readMatlabStruct(file.subarray(0, length)), `${length} of ${file.length} bytes`);
});

/** A MAT-file with one compressed element. */
const compressed = (content: Buffer): Buffer => {
  const data = deflateSync(content);
  const head = Buffer.alloc(136);
  head.writeUInt32LE(15, 128);
  head.writeUInt32LE(data.length, 132);
  return Buffer.concat([head, data]);
};

test("content that inflates to more than 16 MiB is refused without being inflated", () => {
  const bomb = compressed(Buffer.alloc(2 ** 26));
  assert.ok(bomb.length < 70_000);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => readMatlabStruct(bomb), /^RangeError: it inflates to more than 16777216 bytes$/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 25);
});

test("elements that inflate to more than 16 MiB together are refused", () => {
  const part = Buffer.alloc(2 ** 22);
  part.writeUInt32LE(5, 0); // numbers, which are skipped
  part.writeUInt32LE(part.length - 8, 4);
  const element = compressed(part).subarray(128);
  const file = Buffer.concat([Buffer.alloc(128), ...Array.from({ length: 5 }, () => element)]);
  assert.throws(() => readMatlabStruct(file), /it inflates to more than 16777216 bytes/);
});
