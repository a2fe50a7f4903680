import assert from "node:assert/strict";
import { test } from "node:test";
import { fixturePath, relativeL2 } from "../../testing/fixtures.js";
import { sharedPath, skipWithoutShared as skip } from "../../testing/shared.js";
import { crop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { fromPlanar, toPlanar } from "../images/planar.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { decodeImage } from "../platform/node/codec.js";
import { readModel } from "../platform/node/models.js";
import { readSafetensors } from "../platform/node/safetensors-files.js";
import { Session } from "../runtime/session.js";
import { compactS } from "./compact.js";
import { networks } from "./index.js";
import { IMAGE, RESTORED } from "./network.js";
import { buildPix2pix } from "./pix2pix.js";
import { buildSrresnet } from "./srresnet.js";

async function restore(graph: Graph, image: Tensor): Promise<Tensor> {
  const session = await Session.create(graph);
  return (await session.run({ [IMAGE]: image }))[RESTORED] as Tensor;
}

for (const network of networks)
  for (const scale of network.scales)
    test(`${network.name} x${scale} accepts any image size, and its initial weights depend on the seed`, async () => {
      const image = float32(
        Float32Array.from({ length: 2 * 3 * 9 * 14 }, (_, i) => (i % 7) / 7),
        [2, 3, 9, 14],
      );
      const [one, same, other] = await Promise.all(
        [1, 1, 2].map((seed) => restore(withTail(network.build(scale, seed)), image)),
      );
      assert.deepEqual(one?.shape, [2, 3, 9 * scale, 14 * scale]);
      assert.deepEqual(one?.data, same?.data);
      assert.notDeepEqual(one?.data, other?.data);
    });

/** Fills the last layer, which some processors initialize to zero, so that the output depends on the initial weights. */
function withTail(graph: Graph): Graph {
  const tail = graph.initializers.get("tail.weight") as Tensor;
  const weight = float32(
    (tail.data as Float32Array).map((v) => v || 0.01),
    tail.shape,
  );
  return { ...graph, initializers: new Map([...graph.initializers, ["tail.weight", weight]]) };
}

/** The graph `network` with the weights of `reference`, matched in the order in which the nodes read them. */
function withWeightsOf(reference: Graph, network: Graph): Graph {
  const [names, weights] = [weightsInOrder(network), weightsInOrder(reference)];
  assert.equal(names.length, weights.length);
  const initializers = new Map(network.initializers);
  for (const [i, [name, tensor]] of names.entries()) {
    const [, { data, shape }] = weights[i] as [string, Tensor];
    // PyTorch stores a slope per channel as [C]; ONNX broadcasts [C, 1, 1] over [N, C, H, W].
    initializers.set(name, float32(data as Float32Array, tensor.shape.length === 3 ? [shape[0] ?? 1, 1, 1] : shape));
  }
  return { ...network, initializers };
}

test("SRResNet computes what PyTorch's SRResNet computes with the same weights", { skip }, async () => {
  const reference = await readModel(fixturePath("nets/mini_srresnet__dy18.onnx"));
  const { tensors } = await readSafetensors(fixturePath("nets/mini_srresnet__dy18.safetensors"));
  const restored = await restore(withWeightsOf(reference, buildSrresnet(12, 3, 4, 0)), tensors.input as Tensor);
  assert.ok(relativeL2(restored, tensors.logits as Tensor) < 1e-5);
});

test("the ResNet generator computes what PyTorch's computes with the same weights, mapped from [-1, 1] to [0, 1]", {
  skip,
}, async () => {
  const reference = await readModel(fixturePath("nets/mini_pix2pix__dy18.onnx"));
  const { tensors } = await readSafetensors(fixturePath("nets/mini_pix2pix__dy18.safetensors"));
  const network = withWeightsOf(reference, withInstanceNorms(buildPix2pix(8, 2, 0)));
  const restored = await restore(network, tensors.input as Tensor);
  const signed = (restored.data as Float32Array).map((value) => 2 * value - 1);
  assert.ok(relativeL2(float32(signed, restored.shape), tensors.logits as Tensor) < 1e-5);
});

/** The reference generator uses instance normalization, as CycleGAN does; Liu et al. use batch normalization. */
const withInstanceNorms = (graph: Graph): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node) =>
    node.op === "BatchNormalization" ? { ...node, op: "InstanceNormalization", inputs: node.inputs.slice(0, 3) } : node,
  ),
});

/** Float weights that are not scalars, in the order in which the nodes read them. */
const weightsInOrder = (graph: Graph): [string, Tensor][] =>
  graph.nodes.flatMap((node) =>
    node.inputs.flatMap((name): [string, Tensor][] => {
      const tensor = graph.initializers.get(name);
      return tensor?.type === "float32" && tensor.shape.length > 0 ? [[name, tensor]] : [];
    }),
  );

// Pillow rounds and clamps to 8 bits between its two passes. The reference's README measures a mean difference of 0.1 to
// 0.2 levels from that, with larger single differences near saturated edges. The border is excluded because Pillow
// renormalizes the kernel there.
test("an untrained compact processor equals Pillow's bicubic resize up to Pillow's rounding between passes", {
  skip,
}, async () => {
  const small = await decodeImage(sharedPath("reference", "images", "a.png"));
  const large = await decodeImage(sharedPath("reference", "images", "a_bicubic_x4.png"));
  const planes = new Float32Array(small.data.length);
  toPlanar(small, planes, 0);
  const restored = await restore(compactS.build(4, 0), float32(planes, [1, 3, small.height, small.width]));
  const got = fromPlanar(restored.data as Float32Array, 0, large.width, large.height);
  const inner = (image: Image) => crop(image, 8, 8, large.width - 16, large.height - 16).data;
  const [actual, expected] = [inner(got), inner(large)];
  const differences = actual.map((value, i) => Math.abs(value - (expected[i] as number)));
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const beyond = differences.filter((value) => value > 1).length / differences.length;
  assert.ok(mean < 0.25, `mean difference ${mean} levels`);
  assert.ok(beyond < 0.01, `${100 * beyond} % of the values are off by more than a level`);
});
