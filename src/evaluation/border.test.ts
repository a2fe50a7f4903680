import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryPath } from "../../testing/shared.js";
import { temporaryFolder } from "../../testing/workspace.js";
import { openDataset } from "../data/dataset.js";
import { findTask } from "../data/tasks/index.js";
import { encodeImage } from "../platform/node/codec.js";
import { openProcessor } from "../processors/open.js";
import { evaluate } from "./evaluate.js";

for (const protocol of ["imagenet", "full"] as const)
  test(`flat images lose at most 3 levels in the protocol ${protocol}, their borders included`, async (t) => {
    const folder = temporaryFolder(t);
    const colors = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] };
    for (const [name, color] of Object.entries(colors)) {
      const data = Uint8Array.from({ length: 3 * 44 * 32 }, (_, i) => color[i % 3] as number);
      await encodeImage({ width: 44, height: 32, data }, join(folder, `${name}.png`));
    }
    const dataset = await openDataset([folder], { needLabels: false });
    const processors = [];
    for (const name of ["plain", "ra"])
      processors.push(await openProcessor(repositoryPath(`models/sr-x4-${name}.onnx`), { name }));
    const task = findTask("sr", { scale: 4 });
    const cropBorder = protocol === "full" ? { cropBorder: 0 } : {};
    const { rows } = await evaluate({ dataset, task, processors, judges: [], protocol, ...cropBorder });
    // 3 levels in one of three channels of every pixel would be 43.4 dB; with zero padding, plain has 40 dB.
    for (const { processor, psnr } of rows.slice(1, -1))
      assert.ok((psnr as number) >= 43.4, `${processor}: ${psnr} dB`);
  });
