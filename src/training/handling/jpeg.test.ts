import assert from "node:assert/strict";
import { test } from "node:test";
import { gradients } from "../../autodiff/gradients.js";
import { throughJpeg as throughFile } from "../../data/tasks/jpeg.js";
import { planesOf } from "../../images/planar.js";
import { GraphBuilder } from "../../onnx/builder.js";
import { float32 } from "../../onnx/tensor.js";
import { probe } from "../../runtime/probe.js";
import { Session } from "../../runtime/session.js";
import { findStyle } from "../../synthetic/styles.js";
import { quantizationTables, throughJpeg } from "./jpeg.js";

const SIDE = 64;
const scene = findStyle("filled").render({ size: SIDE, classes: 20, objects: 3 }, 5, 1).image;

const tablesOf = (quality: number) => float32(quantizationTables(quality), [1, 2, 8, 8]);

function graphOf() {
  const b = new GraphBuilder("jpeg");
  const images = b.input("image", [1, 3, SIDE, SIDE]);
  b.output("saved", throughJpeg(b, images, b.input("tables", [1, 2, 8, 8]), 1, SIDE), [1, 3, SIDE, SIDE]);
  return b;
}

test("JPEG in a graph is that of libjpeg, up to its rounding of colors and pixels", async () => {
  const session = await Session.create(graphOf().build());
  for (const quality of [20, 50, 75, 95]) {
    const image = float32(planesOf(scene).data, [1, 3, SIDE, SIDE]);
    const { saved } = await session.run({ image, tables: tablesOf(quality) });
    const file = planesOf(await throughFile(scene, quality)).data;
    const errors = Array.from(file, (value, i) => 255 * (Number(saved?.data[i]) - value));
    const root = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    const loss = Math.sqrt(
      planesOf(scene).data.reduce((sum, value, i) => sum + (255 * (value - (file[i] as number))) ** 2, 0) / file.length,
    );
    // Rounding to 8 bits in between moves some coefficients over the edge of a step; the loss of the file is far larger.
    assert.ok(root < 0.3 * loss, `quality ${quality}: ${root} levels, the file loses ${loss}`);
  }
  await session.release();
});

test("the tables of libjpeg at the qualities 50 and 10 are those of the standard, and five times these, at most 255", () => {
  assert.deepEqual(quantizationTables(50).slice(0, 8), [16, 11, 10, 16, 24, 40, 51, 61]);
  assert.deepEqual(quantizationTables(10).slice(0, 8), [80, 55, 50, 80, 120, 200, 255, 255]);
  assert.deepEqual([...new Set(quantizationTables(100))], [1]);
});

test("a faint pattern that vanishes in JPEG has no gradient, and a strong one has that of the identity", async () => {
  const b = graphOf();
  const value = b.ReduceSum(b.Mul("saved", b.input("direction", [1, 3, SIDE, SIDE])), undefined, false);
  b.output("loss", value, []);
  const graph = b.build();
  const { shapes } = await probe(graph);
  const differentiated = gradients(graph, "loss", ["image"], shapes);
  const gradient = differentiated.gradients.get("image") as string;
  const session = await Session.create({
    ...differentiated.graph,
    outputs: [...differentiated.graph.outputs, { name: gradient }],
  });
  // A wave of gray values of the highest vertical frequency of a block.
  const wave = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) =>
    Math.cos(((2 * (Math.floor(i / SIDE) % 8) + 1) * 7 * Math.PI) / 16),
  );
  const squares = wave.reduce((sum, each) => sum + each * each, 0);
  const slopeAt = async (amplitude: number) => {
    const image = float32(
      wave.map((each) => 0.5 + amplitude * each),
      [1, 3, SIDE, SIDE],
    );
    const results = await session.run({
      image,
      tables: tablesOf(50),
      direction: float32(wave, [1, 3, SIDE, SIDE]),
    });
    const found = results[gradient]?.data as Float32Array;
    return found.reduce((sum, each, i) => sum + each * (wave[i] as number), 0) / squares;
  };
  // The step at (7, 0) is 49 levels; a wave of amplitude a has the coefficient 255·a·4.
  assert.ok(Math.abs(await slopeAt(0.005)) < 1e-4);
  assert.ok(Math.abs((await slopeAt(0.1)) - 1) < 1e-3);
  await session.release();
});
