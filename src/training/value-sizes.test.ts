import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { train } from "./train.js";

/** A classifier of the mean color of the k brightest pixels of each image; `k` adds the number to the graph. */
function brightest(k: (b: GraphBuilder, pixels: string) => string): Graph {
  const b = new GraphBuilder("brightest");
  const pixels = b.Reshape(b.input("image", ["N", 3, 16, 16]), [0, 3, 256]);
  const [values = ""] = b.addMany("TopK", [pixels, k(b, pixels)], { axis: int(2) }, 2);
  const head = b.initializer("head", float32([1, -2, 3, -1, 2, 5], [3, 2]));
  b.output("scores", b.MatMul(b.ReduceMean(values, [2], false), head), ["N", 2]);
  return b.build();
}

const settings = (folder: string) => ({
  ...{ data: [join(folder, "data")], task: "denoise", objective: "ra", processor: "compact-s", steps: 2, batch: 2 },
  ...{ crop: 16, out: join(folder, "run"), range: 1, recognizer: [{ file: join(folder, "net.onnx"), weight: 1 }] },
});

test("a recognizer whose sizes depend on values, but are the same for all images, trains", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "data"), 6, 24);
  // As many as pixels below 2: all of them; on black as well as in images.
  const all = (b: GraphBuilder, x: string) => {
    const below = b.ReduceSum(b.Cast(b.Less(x, b.scalar(100)), "float32"), undefined, false);
    return b.Cast(b.Reshape(b.Div(below, b.Mul(below, b.scalar(1 / 256))), [1]), "int64");
  };
  await writeModel(brightest(all), join(folder, "net.onnx"));
  assert.equal((await train(settings(folder) as never)).step, 2);
});

test("a recognizer whose sizes vary between images is refused, with the node", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "data"), 6, 24);
  const bright = (b: GraphBuilder, x: string) =>
    b.add("Max", [
      b.Cast(b.Reshape(b.Mul(b.ReduceMean(x, undefined, false), b.scalar(200)), [1]), "int64"),
      b.integers([1]),
    ]);
  await writeModel(brightest(bright), join(folder, "net.onnx"));
  await assert.rejects(
    train(settings(folder) as never),
    /the size of TopK ".*" depends on values; it is .* for some images and .* for others/,
  );
});
