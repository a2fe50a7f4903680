import assert from "node:assert/strict";
import { test } from "node:test";
import { fixturePath, relativeL2 } from "../../testing/fixtures.js";
import { sharedPath, skipWithoutShared as skip } from "../../testing/shared.js";
import type { Graph } from "../graph/graph.js";
import { readModel } from "../graph/read.js";
import { readSafetensors } from "../graph/safetensors.js";
import { float32, type Tensor } from "../graph/tensor.js";
import { decodeImage } from "../images/codec.js";
import { crop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { fromPlanar, toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { Session } from "../runtime/session.js";
import { compactS } from "./compact.js";
import { networks } from "./index.js";
import { IMAGE, RESTORED } from "./network.js";
import { buildSrresnet } from "./srresnet.js";

async function restore(graph: Graph, image: Tensor): Promise<Tensor> {
  const session = await Session.create(graph);
  return (await session.run({ [IMAGE]: image }))[RESTORED] as Tensor;
}

for (const network of networks)
  for (const scale of network.scales)
    test(`${network.name} x${scale} enlarges any size, and a seed decides its weights`, async () => {
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

/** The compact processors begin with an empty last layer: this lets the drawn weights through. */
function withTail(graph: Graph): Graph {
  const tail = graph.initializers.get("tail.weight") as Tensor;
  const weight = float32(
    (tail.data as Float32Array).map((v) => v || 0.01),
    tail.shape,
  );
  return { ...graph, initializers: new Map([...graph.initializers, ["tail.weight", weight]]) };
}

test("SRResNet computes what PyTorch's does with the same weights", { skip }, async () => {
  const theirs = await readModel(fixturePath("nets/mini_srresnet__dy18.onnx"));
  const { tensors } = await readSafetensors(fixturePath("nets/mini_srresnet__dy18.safetensors"));
  const ours = buildSrresnet(12, 3, 4, 0);
  const [names, weights] = [weightsInOrder(ours), weightsInOrder(theirs)];
  assert.equal(names.length, weights.length);
  const initializers = new Map(ours.initializers);
  for (const [i, [name, own]] of names.entries()) {
    const [, { data, shape }] = weights[i] as [string, Tensor];
    // A slope for each channel is [C] there; on [N, C, H, W] that is [C, 1, 1].
    initializers.set(name, float32(data as Float32Array, own.shape.length === 3 ? [shape[0] ?? 1, 1, 1] : shape));
  }
  const restored = await restore({ ...ours, initializers }, tensors.input as Tensor);
  assert.ok(relativeL2(restored, tensors.logits as Tensor) < 1e-5);
});

/** Float weights of more than a scalar's rank, in the order in which the nodes read them. */
const weightsInOrder = (graph: Graph): [string, Tensor][] =>
  graph.nodes.flatMap((node) =>
    node.inputs.flatMap((name): [string, Tensor][] => {
      const tensor = graph.initializers.get(name);
      return tensor?.type === "float32" && tensor.shape.length > 0 ? [[name, tensor]] : [];
    }),
  );

/** The mean difference of two pictures in levels of 256, without a border, where Pillow weighs differently. */
function meanDifference(one: Image, other: Image, border: number): number {
  const inner = (image: Image) =>
    crop(image, border, border, image.width - 2 * border, image.height - 2 * border).data as Uint8Array;
  const [a, b] = [inner(one), inner(other)];
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
}

/** What an untrained compact processor makes of a picture. */
async function enlarged(small: Image, scale: number): Promise<Image> {
  const planes = new Float32Array(small.data.length);
  toPlanar(small, planes, 0);
  const restored = await restore(compactS.build(scale, 0), float32(planes, [1, 3, small.height, small.width]));
  return fromPlanar(restored.data as Float32Array, 0, small.width * scale, small.height * scale);
}

for (const name of ["a", "b"])
  test(`an untrained compact processor's picture of ${name}, reduced again, is the picture it came from`, {
    skip,
  }, async () => {
    const small = await decodeImage(sharedPath("reference", "images", `${name}.png`));
    for (const scale of [2, 3, 4]) {
      const again = resize(await enlarged(small, scale), small.width, small.height, "bicubic");
      const interpolated = resize(small, small.width * scale, small.height * scale, "bicubic");
      const plainly = resize(interpolated, small.width, small.height, "bicubic");
      const [ours, pillows] = [meanDifference(again, small, 4), meanDifference(plainly, small, 4)];
      assert.ok(ours < 0.5 * pillows, `x${scale}: ${ours} levels; plain interpolation: ${pillows}`);
    }
  });

// Pillow rounds and clamps to 8 bits between its two passes: the reference's README puts that at 0.1 to 0.2 levels.
test("where interpolation loses nothing an untrained compact processor is Pillow's bicubic enlargement", async () => {
  const side = 24;
  const ramp = Uint8Array.from(
    { length: side * side * 3 },
    (_, i) => 20 + 8 * (Math.floor(i / 3) % side) + 5 * (i % 3),
  );
  const small = { width: side, height: side, data: ramp };
  assert.ok(meanDifference(await enlarged(small, 4), resize(small, 4 * side, 4 * side, "bicubic"), 12) < 0.3);
});
