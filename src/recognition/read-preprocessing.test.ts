import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { scoresOf } from "../../testing/scores.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, sizeOf, toNumbers } from "../onnx/tensor.js";
import { readModel, writeModel } from "../platform/node/models.js";
import { Session } from "../runtime/session.js";
import type { PreprocessingOverrides } from "./preprocessing.js";
import { readPreprocessing } from "./read-preprocessing.js";
import { readRecognizer } from "./recognizer.js";

const NCHW = ["N", 3, 2, 2];

/** A classifier of 12 classes whose output is its input; `end` may append operators. */
function mirror(
  shape: readonly (number | string)[] = NCHW,
  end = (b: GraphBuilder, x: string) => b.Identity(x),
): Graph {
  const b = new GraphBuilder("mirror");
  b.output("y", end(b, b.Reshape(b.input("x", shape), [-1, 12])));
  return b.build();
}

interface Surroundings {
  sidecar?: unknown;
  metadata?: Record<string, string>;
  /** preprocessor_config.json in the folder above. */
  config?: unknown;
  graph?: Graph;
}

async function write(t: TestContext, { sidecar, metadata = {}, config, graph = mirror() }: Surroundings) {
  const folder = join(temporaryFolder(t), "onnx");
  mkdirSync(folder);
  const path = join(folder, "net.onnx");
  await writeModel({ ...graph, metadata }, path);
  if (sidecar) writeFileSync(join(folder, "net.json"), JSON.stringify(sidecar));
  if (config) writeFileSync(join(folder, "..", "preprocessor_config.json"), JSON.stringify(config));
  return path;
}

const read = async (path: string, overrides: PreprocessingOverrides = {}) =>
  readPreprocessing(path, await readModel(path), overrides);

const pixels = Float32Array.from({ length: 12 }, (_, i) => i / 12);

/** The input of the classifier for `pixels` [1, 3, 2, 2]. */
const seen = (path: string, overrides: PreprocessingOverrides = {}): Promise<number[]> =>
  scoresOf(path, overrides, pixels);

function near(got: readonly number[], expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [i, value] of expected.entries()) {
    const error = Math.abs((got[i] as number) - value);
    assert.ok(error <= 1e-5 * Math.max(1, Math.abs(value)), `[${i}]: ${got[i]}, not ${value}`);
  }
}

const plain = [0, 0, 0] as [number, number, number];
const ones = [1, 1, 1] as [number, number, number];
const channelOf = (i: number) => Math.floor(i / 4);

test("settings override the sidecar, which overrides the metadata, which override preprocessor_config.json", async (t) => {
  const size = { size: 2 };
  const all = {
    sidecar: { input: { ...size, mean: [1, 1, 1] } },
    metadata: { "legible.input": JSON.stringify({ ...size, mean: [2, 2, 2] }) },
    config: { ...size, image_mean: [3, 3, 3], image_std: [1, 1, 1] },
  };
  const { sidecar, metadata, config } = all;
  const mean = async (around: Surroundings, overrides?: PreprocessingOverrides) =>
    (await read(await write(t, around), overrides)).mean[0];
  assert.equal(await mean(all, { mean: [0.5, 0.5, 0.5] }), 0.5);
  assert.equal(await mean({ sidecar, metadata, config }), 1);
  assert.equal(await mean({ metadata, config }), 2);
  assert.equal(await mean({ config }), 3);
});

test("images in 0 to 255 have their mean and standard deviation in the same range", async (t) => {
  const path = await write(t, { sidecar: { input: { range: 255, mean: [100, 50, 0], std: [2, 1, 4] } } });
  const [mean, std] = [
    [100, 50, 0],
    [2, 1, 4],
  ];
  const expected = [...pixels].map(
    (v, i) => (255 * v - (mean[channelOf(i)] as number)) / (std[channelOf(i)] as number),
  );
  near(await seen(path), expected);
});

test("range and color order come from ONNX's own metadata keys", async (t) => {
  const of = async (range: string, format: string) =>
    seen(await write(t, { metadata: { "Image.NominalPixelRange": range, "Image.BitmapPixelFormat": format } }));
  const bgr = (values: readonly number[]) => [...values.slice(8), ...values.slice(4, 8), ...values.slice(0, 4)];
  near(await of("NominalRange_0_255", "Bgr8"), bgr([...pixels].map((v) => 255 * v)));
  near(await of("Normalized_0_1", "Rgb8"), [...pixels]);
  near(
    await of("Normalized_1_1", "Rgb8"),
    [...pixels].map((v) => 2 * v - 1),
  );
  near(
    await of("NominalRange_16_235", "Rgb8"),
    [...pixels].map((v) => 16 + 219 * v),
  );
});

test("factor, offset, normalization and color order come from a Hugging Face preprocessor_config.json", async (t) => {
  const of = async (config: object) => seen(await write(t, { config: { size: { height: 2, width: 2 }, ...config } }));
  const half = { image_mean: [0.5, 0.5, 0.5], image_std: [0.25, 0.25, 0.25] };
  const each = (f: (v: number) => number) => [...pixels].map(f);
  near(
    await of(half),
    each((v) => (v - 0.5) / 0.25),
  );
  near(await of({ ...half, do_normalize: false }), [...pixels]);
  near(
    await of({ ...half, do_rescale: false }),
    each((v) => (255 * v - 0.5) / 0.25),
  );
  near(
    await of({ rescale_factor: 1 / 127.5, rescale_offset: true, do_normalize: false }),
    each((v) => 2 * v - 1),
  );
  near(await of({ do_flip_channel_order: true }), [...pixels.slice(8), ...pixels.slice(4, 8), ...pixels.slice(0, 4)]);
});

test("the size in a preprocessor_config.json is that of the crop if there is a center crop", async (t) => {
  const size = async (config: object) =>
    (await read(await write(t, { graph: mirror(["N", 3, "H", "W"]), config }))).size;
  assert.equal(await size({ size: 24 }), 24);
  assert.equal(await size({ size: { shortest_edge: 30 }, crop_size: { height: 26, width: 26 } }), 26);
  assert.equal(await size({ size: { shortest_edge: 30 }, crop_size: 26, do_center_crop: false }), 30);
  await assert.rejects(size({ size: { height: 20, width: 30 } }), /has an input of 30x20/);
  await assert.rejects(size({ size: "large" }), /does not describe an input/);
});

test("layout NHWC and size come from the input's shape", async (t) => {
  const path = await write(t, { graph: mirror(["N", 2, 2, 3]) });
  assert.deepEqual(await read(path, { range: 1 }), {
    size: 2,
    layout: "NHWC",
    channels: "RGB",
    range: 1,
    mean: plain,
    std: ones,
  });
  near(
    await seen(path, { range: 1 }),
    [0, 1, 2, 3].flatMap((pixel) => [0, 1, 2].map((channel) => (4 * channel + pixel) / 12)),
  );
});

test("an input of integer type gets integers", async (t) => {
  const b = new GraphBuilder("bytes");
  const x = b.add("Cast", [b.input("x", NCHW, "uint8")], { to: int(1) });
  b.output("y", b.Reshape(x, [-1, 12]));
  const path = await write(t, { graph: b.build() });
  for (const [i, value] of (await seen(path, { range: 255 })).entries())
    assert.ok(Number.isInteger(value) && Math.abs(value - 255 * (pixels[i] as number)) <= 0.5 + 1e-4, `${value}`);
});

test("missing preprocessing is an error that names the settings to set", async (t) => {
  await assert.rejects(
    read(await write(t, {})),
    /preprocessing of .*net\.onnx is unknown.*`size`, `mean` and `std` .*`range` 255 .*`layout` NHWC .*`channels` BGR/s,
  );
  const open = mirror(["N", 3, "H", "W"]);
  await assert.rejects(read(await write(t, { graph: open }), { range: 255 }), /input size of .* is unknown.*`size`/);
  const broken = await write(t, { sidecar: { input: { size: 2, layout: "CHWN" } } });
  await assert.rejects(read(broken), /net\.json does not describe an input/);
  const zero = await write(t, { sidecar: { input: { size: 2, std: [1, 0, 1] } } });
  await assert.rejects(read(zero), /a standard deviation is 0/);
});

const ends: [string, (b: GraphBuilder, x: string) => string][] = [
  ["Softmax", (b, x) => b.Softmax(x, 1)],
  ["Softmax and Identity", (b, x) => b.Identity(b.Softmax(x, -1))],
  ["Softmax and Reshape", (b, x) => b.Reshape(b.Softmax(b.Reshape(x, [-1, 12, 1, 1]), 1), [-1, 12])],
  ["Softmax and Squeeze", (b, x) => b.add("Squeeze", [b.Softmax(b.Reshape(x, [-1, 1, 12]), -1), b.integers([1])])],
];

for (const [name, end] of ends)
  test(`a classifier that ends in ${name} returns the scores before it`, async (t) => {
    const path = await write(t, { graph: mirror(NCHW, end) });
    near(await seen(path, { range: 1 }), [...pixels]);
  });

test("a classifier of an old opset that ends in Softmax returns the scores before it", async (t) => {
  const graph: Graph = {
    ...mirror(),
    opsets: { "": 9 },
    outputs: [{ name: "p" }],
    nodes: [{ op: "Softmax", domain: "", name: "", inputs: ["x"], outputs: ["p"], attributes: {} }],
  };
  near(await seen(await write(t, { graph }), { range: 1 }), [...pixels]);
});

test("a Softmax over positions, or before other operators, is kept", async (t) => {
  const middle = mirror(NCHW, (b, x) => b.Mul(b.Softmax(x, 1), b.scalar(2)));
  const positions = mirror(NCHW, (b, x) => b.Reshape(b.Softmax(b.Reshape(x, [-1, 3, 2, 2]), 2), [-1, 12]));
  const sum = async (graph: Graph) =>
    (await seen(await write(t, { graph }), { range: 1 })).reduce((total, v) => total + v, 0);
  near([await sum(middle), await sum(positions)], [2, 6]);
});

test("the scores are the first of several outputs, or the one that is named", async (t) => {
  const b = new GraphBuilder("two");
  const x = b.Reshape(b.input("x", NCHW), [-1, 12]);
  b.output("first", b.Identity(x));
  b.output("second", b.Neg(x));
  const path = await write(t, { graph: b.build() });
  const scores = async (output?: string) => {
    const { graph } = await readRecognizer(path, { range: 1, output });
    const session = await Session.create(graph);
    const { logits } = await session.run({ image: float32(pixels, [1, 3, 2, 2]) });
    assert.equal(sizeOf(logits?.shape ?? []), 12);
    return logits ? toNumbers(logits) : [];
  };
  near(await scores(), [...pixels]);
  near(
    await scores("second"),
    [...pixels].map((v) => -v),
  );
  await assert.rejects(scores("third"), /has no output "third"; it has "first", "second"/);
});
