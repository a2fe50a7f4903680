import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import { typeCodes } from "../onnx/schema.js";
import { float32 } from "../onnx/tensor.js";
import { writeModel } from "../platform/node/models.js";
import { type TrainOptions, train } from "./train.js";

type Build = (b: GraphBuilder, x: string) => string;

/** A recognizer of two classes: the mean color of what `change` makes of the image, times a matrix, then `end`. */
async function recognizer(folder: string, name: string, change: Build, end: Build = (_, y) => y): Promise<string> {
  const b = new GraphBuilder(name);
  const mean = b.Flatten(b.GlobalAveragePool(change(b, b.input("x", ["N", 3, "H", "W"]))));
  const scores = b.MatMul(mean, b.constant(float32([1, -1, 2, 0.5, -1, 0.3], [3, 2])));
  b.output("y", end(b, scores), ["N", 2]);
  const path = join(folder, `${name}.onnx`);
  await writeModel(b.build(), path);
  return path;
}

const base = { task: "denoise", processor: "compact-s", steps: 2, batch: 2, crop: 16, size: 16, range: 1 } as const;

async function workspace(t: TestContext) {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "photos"), 4, 24);
  let runs = 0;
  const run = (file: string, options: Partial<TrainOptions>) =>
    train({
      ...base,
      data: [join(folder, "photos")],
      recognizer: [file],
      ...options,
      out: join(folder, `run${runs++}`),
    });
  return { folder, run };
}

const objectives = ["ra", "transformer", "unsupervised"] as const;

test("a recognizer through which no gradient passes is refused with the node that stops it, for every objective", async (t) => {
  const { folder, run } = await workspace(t);
  const oneHot: Build = (b, y) =>
    b.add("OneHot", [
      b.add("ArgMax", [y], { axis: int(1), keepdims: int(0) }, "best"),
      b.integers([2]),
      b.constant(float32([0, 1])),
    ]);
  const file = await recognizer(folder, "hard", (_, x) => x, oneHot);
  for (const objective of objectives)
    await assert.rejects(
      run(file, { objective }),
      /cannot train with hard: no gradient passes from its output "y" to the image: ArgMax "best" stops it/,
    );
  const masked = await recognizer(folder, "mask", (b, x) =>
    b.add("Cast", [b.Greater(x, b.scalar(0.5))], { to: int(1) }),
  );
  await assert.rejects(run(masked, { objective: "unsupervised", featureWeight: 0 }), /Greater "[^"]+" stops it/);
  await assert.rejects(run(masked, { objective: "feature" }), /gradient/);
});

test("a recognizer whose gradient is zero in the first step ends the run, for every objective that reads its output", async (t) => {
  const { folder, run } = await workspace(t);
  const dead = await recognizer(folder, "dead", (b, x) => b.Relu(b.Sub(x, b.scalar(100))));
  for (const objective of objectives)
    await assert.rejects(
      run(dead, { objective }),
      /cannot train with dead: in the first step, the gradient of the recognition loss is zero/,
    );
  await assert.rejects(run(dead, { objective: "ra", lambdaWarmup: 10 }), /is zero/);
  await assert.rejects(run(dead, { objective: "ra", lambda: 1e-12 }), /is zero/);
  assert.equal((await run(dead, { objective: "ra", lambda: 0 })).step, 2);
});

test("a recognizer with a gradient trains, however small lambda is, and rounding inside it changes nothing of that", async (t) => {
  const { folder, run } = await workspace(t);
  const plain = await recognizer(folder, "plain", (_, x) => x);
  const rounded = await recognizer(folder, "rounded", (b, x) =>
    b.Mul(
      b.add("Cast", [b.add("Cast", [b.Mul(x, b.scalar(255))], { to: int(typeCodes.uint8) })], { to: int(1) }),
      b.scalar(1 / 255),
    ),
  );
  for (const file of [plain, rounded]) {
    assert.equal((await run(file, { objective: "ra", lambda: 1e-12 })).step, 2);
    assert.equal((await run(file, { objective: "ra", lambdaWarmup: 5 })).step, 2);
  }
  assert.equal((await run(rounded, { objective: "transformer" })).step, 2);
});

test("a recognizer whose outputs are probabilities of an unknown kind is noted, and one with scores is not", async (t) => {
  const { folder, run } = await workspace(t);
  const notesOf = async (file: string) => {
    let found: readonly string[] = [];
    const onStart: TrainOptions["onStart"] = ({ notes }) => {
      found = notes;
    };
    await run(file, { objective: "ra", onStart });
    return found.join();
  };
  const averaged: Build = (b, y) => b.Mul(b.Add(b.Softmax(y, 1), b.Softmax(b.Mul(y, b.scalar(2)), 1)), b.scalar(0.5));
  const half = (b: GraphBuilder, value: string) => b.Mul(value, b.scalar(0.5));
  const ends: Record<string, Build> = {
    averaged,
    percent: (b, y) => b.Mul(b.Softmax(y, 1), b.scalar(100)),
    tanh: (b, y) => b.Add(half(b, b.add("Tanh", [half(b, y)])), b.scalar(0.5)),
  };
  for (const [name, end] of Object.entries(ends)) {
    const notes = await notesOf(await recognizer(folder, name, (_, x) => x, end));
    assert.match(notes, new RegExp(`${name}: its outputs look like probabilities`));
  }
  assert.equal(
    await notesOf(
      await recognizer(
        folder,
        "scores",
        (_, x) => x,
        (b, y) => b.Mul(y, b.scalar(2)),
      ),
    ),
    "",
  );
});
