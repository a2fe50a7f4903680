import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { listOf, path, paths, positiveInteger } from "../settings.js";
import { flagsOf, valueFrom, wordsOf } from "./flags.js";

const settings = z.object({
  model: path("a model", { position: 0 }),
  inputSize: positiveInteger().optional(),
  lr: z.number().default(0.5),
  mean: z.tuple([z.number(), z.number(), z.number()]).optional(),
  drops: listOf(positiveInteger()).optional(),
  data: paths("images"),
  layout: z.enum(["NCHW", "NHWC"]).optional(),
  range: z.literal([1, 255]).optional(),
  flip: z.boolean().default(true),
  json: z.boolean().default(false),
  sigma: z.union([z.number(), z.string(), z.tuple([z.number(), z.number()])]).optional(),
  weighted: listOf(z.union([z.string(), z.object({ file: z.string(), weight: z.number() })])).optional(),
});
const flagOf = (key: string) => flagsOf(settings).find((flag) => flag.key === key) ?? assert.fail(key);
const read = (key: string, ...texts: string[]) => valueFrom(flagOf(key), texts);

test("flags have the names of their settings in kebab case, and places, defaults and choices come from the schema", () => {
  assert.equal(flagOf("inputSize").name, "input-size");
  assert.deepEqual([flagOf("model").position, flagOf("model").required], [0, true]);
  assert.deepEqual([flagOf("lr").default, flagOf("lr").required], [0.5, false]);
  assert.deepEqual(
    [flagOf("range").choices, flagOf("layout").choices],
    [
      [1, 255],
      ["NCHW", "NHWC"],
    ],
  );
});

test("texts become values of the setting's type", () => {
  assert.equal(read("lr", "-1e-3"), -0.001);
  assert.deepEqual(read("mean", "0.5,0.25,1"), [0.5, 0.25, 1]);
  assert.deepEqual(read("drops", "4,5"), [4, 5]);
  assert.deepEqual(read("data", "a", "b,c"), ["a", "b,c"]);
  assert.equal(read("layout", "nhwc"), "NHWC");
  assert.equal(read("range", "255"), 255);
  assert.deepEqual([read("sigma", "0.1"), read("sigma", "0.1..0.2")], [0.1, "0.1..0.2"]);
});

test("a text that is not a number is kept, so that the schema's message names it", () => {
  for (const text of ["", " ", "x", "Infinity", "1e9999"]) assert.equal(read("lr", text), text);
  assert.equal(settings.shape.lr.safeParse(read("lr", "x")).success, false);
});

test("settings become the command-line arguments that set them", () => {
  const given = {
    ...{ model: "m.onnx", inputSize: 64, mean: [1, 2, 3], drops: [4, 5], data: ["a", "b"], flip: false, json: true },
    ...{ sigma: [0.1, 0.2], weighted: ["a.onnx", { file: "b.onnx", weight: 0.5 }] },
  };
  const words =
    "m.onnx --input-size 64 --mean 1,2,3 --drops 4,5 --data a --data b --no-flip --json --sigma 0.1..0.2 --weighted a.onnx --weighted b.onnx=0.5";
  assert.deepEqual(wordsOf(settings, given), words.split(" "));
});
