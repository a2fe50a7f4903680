import { rmSync } from "node:fs";
import { link, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { type Dataset, openDataset } from "../src/data/dataset.js";
import { randomAt } from "../src/random.js";
import { renderScene } from "../src/synthetic/render.js";

/** The most common size of ImageNet's images. */
const [WIDTH, HEIGHT] = [500, 375];
/** Number of distinct images. The other files are hard links to them, which are decoded separately. */
const DISTINCT = 48;

/** A folder of `count` JPEG files with a labels.csv, which is deleted when this process ends. */
export async function syntheticImages(count: number): Promise<Dataset> {
  const folder = await mkdtemp(join(tmpdir(), "legible-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (i: number) => join(folder, `${String(i).padStart(6, "0")}.jpg`);
  for (let i = 0; i < count; i++)
    if (i < DISTINCT) await writeFile(fileOf(i), await syntheticJpeg(i));
    else await link(fileOf(i % DISTINCT), fileOf(i));
  const rows = Array.from({ length: count }, (_, i) => `${String(i).padStart(6, "0")}.jpg,${i % 1000}`);
  await writeFile(join(folder, "labels.csv"), ["file,class_index", ...rows].join("\n"));
  return openDataset([folder], { needLabels: true });
}

/** A synthetic image with noise, which makes its JPEG file about as large as that of a photograph. */
async function syntheticJpeg(index: number): Promise<Buffer> {
  const { image } = renderScene({ style: "patterned", size: WIDTH }, 0, index);
  const random = randomAt(1, index);
  const data = Uint8ClampedArray.from(
    image.data.subarray(0, WIDTH * HEIGHT * 3),
    (value) => value + 8 * random.normal(),
  );
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}
