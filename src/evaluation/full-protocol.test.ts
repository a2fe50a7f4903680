import assert from "node:assert/strict";
import { test } from "node:test";
import { repositoryPath, sharedPath, skipWithoutShared } from "../../testing/shared.js";
import { openDataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import { openProcessor } from "../processors/open.js";
import { evaluate } from "./evaluate.js";

/**
 * Y-PSNR of Set5 at x4 with a border of 4, computed in Python: Pillow's bicubic, ONNX Runtime, and the definition in NumPy
 * (BasicSR's calculate_psnr, test_y_channel=True). Dong et al. 2014 (SRCNN) report 28.42 for MATLAB's bicubic.
 */
test("full gives the Y-PSNR of Set5 at x4: bicubic 28.43, plain 30.90, RA 30.70", {
  skip: skipWithoutShared,
}, async () => {
  const { rows, protocol, crop_border } = await evaluate({
    dataset: await openDataset([sharedPath("assets", "photos", "set5")], { needLabels: false }),
    task: findTask("sr", { scale: 4 }),
    processors: await Promise.all(
      ["plain", "ra"].map((name) => openProcessor(repositoryPath("models", `sr-x4-${name}.onnx`), { name })),
    ),
    judges: [],
    protocol: "full",
  });
  assert.deepEqual([protocol, crop_border], ["full", 4]);
  const expected = { none: 28.43, plain: 30.9, ra: 30.7 };
  for (const [name, want] of Object.entries(expected)) {
    const got = rows.find(({ processor }) => processor === name)?.psnr_y ?? 0;
    assert.ok(Math.abs(got - want) <= 0.02, `${name}: ${got} instead of ${want}`);
  }
  assert.deepEqual([rows.at(-1)?.psnr_y, rows.at(-1)?.ssim_y], [null, 1]);
});
