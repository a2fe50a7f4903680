import assert from "node:assert/strict";
import { test } from "node:test";
import { patterned } from "../../testing/patterned.js";
import { repositoryPath } from "../../testing/shared.js";
import { buildPix2pix } from "../networks/pix2pix.js";
import { buildSrdensenet } from "../networks/srdensenet.js";
import { buildSrresnet } from "../networks/srresnet.js";
import { buildUnet } from "../networks/unet.js";
import { openProcessor } from "../processors/open.js";
import { Processor } from "../processors/processor.js";
import type { Raster } from "./raster.js";
import { processTiled } from "./tiles.js";

const [WIDTH, HEIGHT] = [44, 36];

/** An image of these columns, each of one color. */
const striped = (colorAt: (x: number) => readonly number[]): Raster => ({
  ...{ width: WIDTH, height: HEIGHT, channels: 3 },
  data: Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => colorAt(Math.floor(i / 3) % WIDTH)[i % 3] as number),
});

const flats = {
  ...{ white: [255, 255, 255], black: [0, 0, 0], gray: [128, 128, 128] },
  ...{ red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255], orange: [255, 128, 26] },
} as const;

/** Positions of one period may differ: subpixels of an enlarged pixel, and pixels that strided layers see differently. */
const PERIOD = 4;

/**
 * The largest difference between a pixel and that of the same phase in the middle, along the given axes.
 */
function rimOf({ width, height, data }: Raster, scale: number, axes: { x: boolean; y: boolean }): number {
  const period = PERIOD * scale;
  const middle = (length: number) => Math.floor(length / 2 / period) * period;
  let worst = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const alikeX = axes.x ? middle(width) + (x % period) : x;
      const alikeY = axes.y ? middle(height) + (y % period) : y;
      for (let c = 0; c < 3; c++) {
        const [value, alike] = [data[3 * (y * width + x) + c], data[3 * (alikeY * width + alikeX) + c]];
        worst = Math.max(worst, Math.abs((value as number) - (alike as number)));
      }
    }
  return worst;
}

const committed = (name: string) => openProcessor(repositoryPath(`models/sr-x4-${name}.onnx`));
const built = async (graph: ReturnType<typeof buildUnet>) => new Processor(patterned(graph));

for (const [title, open] of [
  ["sr-x4-plain", () => committed("plain")],
  ["sr-x4-ra", () => committed("ra")],
  ["SRResNet", () => built(buildSrresnet(8, 2, 4, 0))],
  ["SRDenseNet", () => built(buildSrdensenet({ growth: 4, layers: 2, blocks: 2, bottleneck: 8 }, 2, 0))],
  ["U-Net", () => built(buildUnet([4, 6, 8], 2, 0))],
  ["pix2pix", () => built(buildPix2pix(4, 1, 0))],
] as const)
  for (const tile of [1024, 16])
    test(`${title} has no rim of more than 2 levels on flat images and gradients, in tiles of ${tile}`, async () => {
      const processor = await open();
      const { scale } = await processor.geometry();
      for (const [name, color] of Object.entries(flats)) {
        const rim = rimOf(
          await processTiled(
            processor,
            striped(() => color),
            tile,
          ),
          scale,
          { x: true, y: true },
        );
        assert.ok(rim <= 2, `${name}: ${rim} levels`);
      }
      // The columns of a horizontal gradient are flat.
      const gradient = striped((x) => [5 * x, 255 - 5 * x, 128]);
      const rim = rimOf(await processTiled(processor, gradient, tile), scale, { x: false, y: true });
      assert.ok(rim <= 2, `gradient: ${rim} levels`);
    });
