import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { writeDetector } from "../../testing/detector-files.js";
import { flatImage, pixelAt } from "../../testing/images.js";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { detect } from "../commands/detect.js";
import { float32 } from "../onnx/tensor.js";
import { decodeImage, encodeImage } from "../platform/node/codec.js";
import { classColor } from "../report/boxes.js";

/** A detector that always finds a dog in the lower right quarter, and less surely a cat. */
const detectorFile = (t: TestContext) =>
  writeDetector(t, {
    sidecar: { input: { resize: "stretch" }, classes: ["cat", "dog"] },
    build: (b, x) => {
      const rows = b.constant(float32([16, 16, 32, 32, 0.9, 1, 0, 0, 8, 8, 0.1, 0], [1, 2, 6]));
      return { output0: b.Add(rows, b.Mul(b.Reshape(b.ReduceMean(x, [1, 2, 3]), [-1, 1, 1]), b.zero)) };
    },
  });

/** A folder with two images of 64 x 48 and a file that is none. */
async function imageFolder(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "in", "deep"), { recursive: true });
  await encodeImage(flatImage(64, 48, 255), join(folder, "in", "a.png"));
  await encodeImage(flatImage(64, 48, 0), join(folder, "in", "deep", "000012.png"));
  writeFileSync(join(folder, "in", "broken.png"), "not an image");
  return folder;
}

const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("boxes are drawn onto copies, listed in JSON with the settings, and unreadable images are counted", async (t) => {
  const [file, folder] = [await detectorFile(t), await imageFolder(t)];
  const at = (...parts: string[]) => join(folder, ...parts);
  const run = () => runCommand(detect, at("in"), "--detector", file, "-o", at("out"), "--results", at("found.json"));
  const { out, err, outcome } = await run();
  assert.equal(out, `2 boxes in 2 images: ${at("out")} and ${at("out", "detections.json")}`);
  assert.match(err, /stretch to 32x32, score above 0\.005, no suppression, at most 300 boxes/);
  assert.match(err, /1 of 3 images could not be searched/);
  assert.equal(outcome, "incomplete");
  const { images, settings, score } = json(at("out", "detections.json"));
  assert.deepEqual(
    [settings.adapter, settings.resize, settings.scoreThreshold, settings.nmsIou, settings.topK, score],
    ["rows", "stretch", 0.005, 1, 300, 0.3],
  );
  const [box, ...others] = images[0].boxes;
  assert.deepEqual([images[0].file, images[0].width, images[0].height], [at("in", "a.png"), 64, 48]);
  assert.deepEqual([box.class, box.name, box.left, box.top, box.right, box.bottom], [1, "dog", 32, 24, 64, 48]);
  assert.ok(Math.abs(box.score - 0.9) < 1e-6);
  assert.equal(others.length, 0);
  const drawn = await decodeImage(at("out", "a.png"));
  assert.deepEqual(pixelAt(drawn, 63, 47), [...classColor(1)]);
  assert.deepEqual(pixelAt(drawn, 62, 46), [255, 255, 255]);
  assert.deepEqual(pixelAt(drawn, 4, 40), [255, 255, 255]);
  const found = json(at("found.json"));
  assert.deepEqual(
    found.map((each: { image_id: unknown; category_id: number }) => [each.image_id, each.category_id]),
    [
      ["a", 2],
      ["a", 1],
      [12, 2],
      [12, 1],
    ],
  );
  assert.deepEqual(found[0].bbox, [32, 24, 32, 24]);

  const before = readFileSync(at("out", "detections.json"), "utf8");
  const again = await run();
  assert.match(again.out, /2 boxes in 2 images \(2 complete already\)/);
  assert.equal(readFileSync(at("out", "detections.json"), "utf8"), before);
});

test("a single image is written to the named file with its JSON beside it, and inputs are never overwritten", async (t) => {
  const [file, folder] = [await detectorFile(t), await imageFolder(t)];
  const [input, output] = [join(folder, "in", "a.png"), join(folder, "boxes.png")];
  const { out } = await runCommand(detect, input, "--detector", file, "-o", output, "--score", "0.05", "--json");
  assert.equal(JSON.parse(out).images[0].boxes.length, 2);
  assert.equal(json(join(folder, "boxes.json")).images[0].boxes[1].name, "cat");
  await assert.rejects(
    runCommand(detect, input, "--detector", file, "-o", join(folder, "in")),
    /is one of the inputs and would be overwritten/,
  );
  await assert.rejects(
    runCommand(detect, input, "--detector", file, "-o", output, "--results", file),
    /detector\.onnx is one of the inputs and would be overwritten/,
  );
  await assert.rejects(
    runCommand(detect, input, "--detector", file, "-o", output, "--results", join(folder, "boxes.json")),
    /two outputs would be written/,
  );
});
