import { rmSync } from "node:fs";
import { link, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { type Dataset, openDataset } from "../src/data/dataset.js";
import { randomAt } from "../src/random.js";
import { renderScene } from "../src/synthetic/render.js";

/** The size of most photographs of ImageNet. */
const [WIDTH, HEIGHT] = [500, 375];
/** Pictures that are drawn; the others are further names of them, which are decoded afresh all the same. */
const DRAWN = 48;

/** A folder of so many labelled JPEG files, which goes away with this process. */
export async function drawnPictures(count: number): Promise<Dataset> {
  const folder = await mkdtemp(join(tmpdir(), "legible-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (i: number) => join(folder, `${String(i).padStart(6, "0")}.jpg`);
  for (let i = 0; i < count; i++)
    if (i < DRAWN) await writeFile(fileOf(i), await drawn(i));
    else await link(fileOf(i % DRAWN), fileOf(i));
  const rows = Array.from({ length: count }, (_, i) => `${String(i).padStart(6, "0")}.jpg,${i % 1000}`);
  await writeFile(join(folder, "labels.csv"), ["file,class_index", ...rows].join("\n"));
  return openDataset([folder], { needLabels: true });
}

/** A shape with grain, which makes its JPEG file about as large as a photograph's. */
async function drawn(index: number): Promise<Buffer> {
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
