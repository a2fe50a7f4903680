import { z } from "zod";
import type { Image } from "../../images/image.js";
import { decodeImage, encodeJpeg } from "../../platform/node/codec.js";
import { drawWhole, range } from "../range.js";
import { defineTask } from "../task.js";

/** What a JPEG file of this quality leaves of a picture. */
export const throughJpeg = async (clean: Image, quality: number): Promise<Image> =>
  decodeImage(await encodeJpeg(clean, quality));

/** JPEG artifacts, chroma at half the resolution as in Pillow's files. Reference: Liu et al., sec. 4: quality 10. */
export const jpeg = defineTask({
  name: "jpeg",
  options: z.object({
    quality: range({ min: 1, max: 100, whole: true }).default(10).describe("quality of the file, 1 to 100; or lo..hi"),
  }),
  scale: 1,
  degrade: (clean, { quality }, random) => throughJpeg(clean, drawWhole(quality, random)),
});
