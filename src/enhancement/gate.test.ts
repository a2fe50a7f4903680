import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sharp from "sharp";
import { residualProcessor } from "../../testing/processors.js";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { enhance as command } from "../commands/enhance.js";
import { type Gate, processorDigest } from "../gate/gate.js";
import { resize } from "../images/resize.js";
import { writeModel } from "../platform/node/models.js";
import { Processor } from "../processors/processor.js";
import { enhance, enhancePixels } from "./enhance.js";

const effect = { processed: 0, risk: null, risk_of_all: 0, gain: 0 };

/** A gate that processes images with noise from 0.05 on; with the threshold null none. */
const gateOf = (processor: Processor, threshold: number | null = 0.5): Gate => ({
  ...{ format: "legible-gate", version: 1, judges: ["r"], pool: [], alpha: 0.05, delta: 0.1, threshold },
  processor: { name: processor.name, sha256: processorDigest(processor) },
  score: { intercept: 0, features: [{ name: "noise", mean: 0.05, deviation: 0.01, weight: -1 }] },
  ...{ photographs: { fitting: 1, calibration: 1 }, images: { fitting: 1, calibration: 1 }, effect, without: effect },
});

/** A smooth image, to which noise can be added. */
const imageOf = (noise: number, channels: 3 | 4 = 3) => {
  const [width, height] = [48, 40];
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const x = Math.floor(i / channels) % width;
    return 100 + x + (i % channels) * 10 + noise * Math.sin(i * i * 1.7);
  });
  return { width, height, channels, data };
};

const pngOf = ({ data, ...raw }: ReturnType<typeof imageOf>) => sharp(data, { raw }).png().toBuffer();
const pixelsOf = async (file: Uint8Array) => new Uint8Array(await sharp(file).raw().toBuffer());

test("at scale 1 a skipped image keeps its pixels, with transparency too, and one that is not skipped is processed", async () => {
  const processor = new Processor(residualProcessor(1));
  const gate = gateOf(processor);
  for (const channels of [3, 4] as const) {
    const smooth = imageOf(0, channels);
    const { data, skipped } = await enhance(processor, await pngOf(smooth), { gate });
    assert.deepEqual(await pixelsOf(data), smooth.data);
    assert.match(skipped ?? "", /^estimated harm 0\.9\d\d is above 0\.500 \(noise 0\.00\d, JPEG quality 100,/);
    const noisy = imageOf(60, channels);
    const processed = await enhance(processor, await pngOf(noisy), { gate });
    assert.equal(processed.skipped, undefined);
    assert.deepEqual(await pixelsOf(processed.data), (await enhancePixels(processor, noisy)).data);
  }
});

test("a skipped JPEG file keeps its content, metadata included; without them or for another format it is encoded again", async () => {
  const processor = new Processor(residualProcessor(1));
  const gate = gateOf(processor, null);
  const pipeline = sharp(await pngOf(imageOf(0)));
  const plain = await pipeline.clone().jpeg({ quality: 60 }).toBuffer();
  assert.deepEqual((await enhance(processor, plain, { gate })).data, plain);
  const described = await pipeline
    .clone()
    .withExif({ IFD0: { Artist: "A. Author" } })
    .jpeg()
    .toBuffer();
  const { data, skipped } = await enhance(processor, described, { gate });
  assert.deepEqual([data, skipped], [described, "the gate certified no threshold"]);
  const stripped = await enhance(processor, described, { gate, metadata: "strip" });
  assert.equal((await sharp(stripped.data).metadata()).exif, undefined);
  const png = await enhance(processor, plain, { gate, format: "png" });
  assert.deepEqual(await pixelsOf(png.data), await pixelsOf(plain));
});

test("at scale 2 a skipped image is enlarged bicubically, within 1 level of Pillow's filter apart from the border", async () => {
  const processor = new Processor(residualProcessor(2));
  const image = imageOf(0);
  const { data, width, height } = await enhance(processor, image, { gate: gateOf(processor, null) });
  assert.deepEqual([width, height], [96, 80]);
  const expected = resize(image, 96, 80, "bicubic").data;
  const found = await pixelsOf(data);
  let largest = 0;
  for (let y = 4; y < 76; y++)
    for (let i = 3 * (96 * y + 4); i < 3 * (96 * y + 92); i++)
      largest = Math.max(largest, Math.abs((found[i] as number) - (expected[i] as number)));
  assert.ok(largest <= 1, `${largest}`);
});

test("16-bit images are judged as 8-bit ones and keep their depth when skipped", async () => {
  const processor = new Processor(residualProcessor(1));
  const data = Uint16Array.from({ length: 24 * 24 * 3 }, (_, i) => 20_000 + 31 * i);
  const deep = await sharp(data, { raw: { width: 24, height: 24, channels: 3 } })
    .toColourspace("rgb16")
    .png()
    .toBuffer();
  const result = await enhance(processor, deep, { gate: gateOf(processor) });
  assert.match(result.skipped ?? "", /noise 0\.00/);
  assert.equal((await sharp(result.data).metadata()).depth, "ushort");
});

/** A folder with a model, its gate, a smooth and a noisy image. */
async function workspace(t: TestContext) {
  const folder = temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const processor = new Processor(residualProcessor(1, 0.2));
  await writeModel(processor.graph, at("m.onnx"));
  writeFileSync(at("gate.json"), JSON.stringify(gateOf(processor)));
  writeFileSync(at("smooth.png"), await pngOf(imageOf(0)));
  writeFileSync(at("noisy.png"), await pngOf(imageOf(60)));
  const run = (...args: string[]) =>
    runCommand(command, at("smooth.png"), at("noisy.png"), "--model", at("m.onnx"), "-o", at("out"), ...args);
  return { at, run };
}

test("enhance counts and lists the images that the gate skips, keeps them when rerun, and computes them again without it", async (t) => {
  const { at, run } = await workspace(t);
  const { err, outcome } = await run("--gate", at("gate.json"));
  assert.match(err, /1 of 2 images not processed, as .*gate\.json decides\n {2}.*smooth\.png: estimated harm 0\.9/);
  assert.equal(outcome, "done");
  const again = JSON.parse((await run("--gate", at("gate.json"), "--json")).out);
  assert.equal(again.kept, 2);
  assert.deepEqual(
    again.written.map(({ skipped }: { skipped?: string }) => typeof skipped),
    ["string", "undefined"],
  );
  const without = JSON.parse((await run("--json")).out);
  assert.equal(without.kept, 0);
  assert.ok(without.written.every((image: object) => !("skipped" in image)));
});

test("a gate of another processor, and a file that is no gate, are refused before any work", async (t) => {
  const { at, run } = await workspace(t);
  writeFileSync(at("other.json"), JSON.stringify(gateOf(new Processor(residualProcessor(1, 0.03)))));
  await assert.rejects(
    run("--gate", at("other.json")),
    /was fitted for the processor residual-x1 .* not for .*m\.onnx/,
  );
  await assert.rejects(run("--gate", at("none.json")), /cannot read the gate .*none\.json: the file does not exist/);
  writeFileSync(at("list.json"), "[1]");
  await assert.rejects(run("--gate", at("list.json")), /list\.json is not a gate of this version/);
  writeFileSync(at("list.json"), "{");
  await assert.rejects(run("--gate", at("list.json")), /list\.json is not a gate: it is not valid JSON/);
});
