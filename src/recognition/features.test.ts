import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeClassifier } from "../../testing/workspace.js";
import { GraphBuilder, ints } from "../onnx/builder.js";
import { type Graph, specialize, withOutputs } from "../onnx/graph.js";
import { nearestNames } from "../onnx/nearest-names.js";
import { float32 } from "../onnx/tensor.js";
import { readModel } from "../platform/node/models.js";
import { probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { defaultFeatures } from "./default-features.js";
import { readFeatureExtractor } from "./feature-files.js";
import { fitFeatures } from "./fit.js";

/** The default features of a graph for one image of a size. */
const defaultsAt = (graph: Graph, size: number) =>
  defaultFeatures(graph, async (values) => {
    const bound = specialize(withOutputs(graph, values), { image: [1, 3, size, size] });
    return (await probe(bound)).shapes;
  });

test("the default features are the last feature map at each of the four coarsest resolutions, before padding and the last layer", async () => {
  const b = new GraphBuilder("stages");
  const weight = (inputs: number) => b.constant(float32(new Float32Array(4 * inputs * 9), [4, inputs, 3, 3]));
  let x = b.input("image", ["N", 3, 64, 64]);
  const ends: string[] = [];
  for (let stage = 0; stage < 6; stage++) {
    x = b.Relu(b.Conv(x, weight(stage === 0 ? 3 : 4), "", { pads: [1, 1, 1, 1] }));
    ends.push(x);
    const padded = b.Pad(x, [0, 0, 0, 0, 0, 0, 1, 1]);
    x = b.add("MaxPool", [padded], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
  }
  b.output("logits", b.MatMul(b.Flatten(b.GlobalAveragePool(x)), b.constant(float32(new Float32Array(8), [4, 2]))));
  assert.deepEqual(await defaultsAt(b.build(), 64), ends.slice(2));
});

test("without feature maps the default is the input of the last fully connected layer; without one, an error", async () => {
  const b = new GraphBuilder("dense");
  const flat = b.Flatten(b.input("image", ["N", 3, 2, 2]));
  const hidden = b.Relu(b.MatMul(flat, b.initializer("first", float32(new Float32Array(48), [12, 4]))));
  b.output("logits", b.MatMul(hidden, b.initializer("second", float32(new Float32Array(8), [4, 2]))));
  assert.deepEqual(await defaultsAt(b.build(), 2), [hidden]);
  const none = new GraphBuilder("none");
  none.output("y", none.Relu(none.input("image", ["N", 3, 2, 2])));
  await assert.rejects(defaultsAt(none.build(), 2), /none has no global pooling .*`feature`/);
});

test("a feature extractor returns the named features, with preprocessing, at the size of the crops", async (t) => {
  const path = join(temporaryFolder(t), "r.onnx");
  await writeClassifier(path, 32);
  const { nodes } = await readModel(path);
  const [conv, relu] = ["Conv", "Relu"].map((op) => nodes.find((node) => node.op === op)?.outputs[0] as string);
  const extractor = await readFeatureExtractor(path, [relu as string, conv as string]);
  const { graph, view } = await fitFeatures(extractor, 2, 20);
  assert.equal(view, "crop");
  assert.ok(!graph.nodes.some(({ op }) => op === "Gemm"), "a layer behind the features is still there");
  const session = await Session.create(graph);
  // (0.5 - mean) / std is 0, and so is a convolution of it.
  const gray = float32(new Float32Array(2 * 3 * 20 * 20).fill(0.5), [2, 3, 20, 20]);
  const { feature0, feature1 } = await session.run({ image: gray });
  assert.deepEqual([feature0?.shape, feature1?.shape], [graph.outputs[0]?.shape, [2, 8, 9, 9]]);
  assert.ok(feature1?.data.every((value) => Math.abs(Number(value)) < 1e-6));
});

test("a feature without a gradient with respect to the image is refused", async (t) => {
  const path = join(temporaryFolder(t), "r.onnx");
  await writeClassifier(path, 32, (b, x) => b.Mul(x, b.Cast(b.add("Size", [x]), "float32")));
  const { nodes } = await readModel(path);
  const size = nodes.find(({ op }) => op === "Size")?.outputs[0] as string;
  await assert.rejects(
    readFeatureExtractor(path, [size]),
    /the feature "Size_\d+" of .* has no gradient with respect to the image/,
  );
});

test("the nearest names are those that contain the given one, then those with the fewest letters changed", () => {
  const names = ["conv1", "/layer3/relu/Relu_output_0", "layer", "head", "Layer4"];
  assert.deepEqual(nearestNames("layer3", names, 3), ["/layer3/relu/Relu_output_0", "layer", "Layer4"]);
});
