import { enhancePixels } from "../src/enhancement/enhance.js";
import type { Image } from "../src/images/image.js";
import { resize } from "../src/images/resize.js";
import { openProcessor } from "../src/processors/open.js";
import { comparisonSheet } from "../src/report/comparison.js";
import { renderScene } from "../src/synthetic/render.js";

/** A reduced synthetic image, enlarged bicubically and by a packaged model: the picture of the README. */
export async function modelsPicture(model: string): Promise<Image> {
  const { image } = renderScene({ style: "filled", size: 192 }, 6, 3);
  const small = resize(image, 72, 72, "bicubic");
  const processor = await openProcessor(model);
  const { scale } = await processor.geometry();
  const enlarged = (await enhancePixels(processor, { ...small, channels: 3 })) as Image;
  await processor.release();
  const bicubic = resize(small, small.width * scale, small.height * scale, "bicubic");
  return comparisonSheet([
    { name: "bicubic", image: bicubic, remarks: [] },
    { name: "legible enhance", image: enlarged, remarks: [] },
  ]);
}
