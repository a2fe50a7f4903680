import { z } from "zod";
import type { Image } from "../../images/image.js";
import { decodeImage, encodeJpeg } from "../../platform/node/codec.js";
import { drawInteger, range } from "../range.js";
import { defineTask } from "../task.js";

/** Encodes an image as JPEG with this quality and decodes it again. */
export const throughJpeg = async (clean: Image, quality: number): Promise<Image> =>
  decodeImage(await encodeJpeg(clean, quality));

/** JPEG artifacts with 4:2:0 chroma subsampling, as in Pillow's files. Reference: Liu et al., sec. 4: quality 10. */
export const jpeg = defineTask({
  name: "jpeg",
  options: z.object({
    quality: range({ min: 1, max: 100, integer: true })
      .default(10)
      .describe("JPEG quality, 1 to 100; or a range lo..hi"),
  }),
  scale: 1,
  degrade: (clean, { quality }, random) => throughJpeg(clean, drawInteger(quality, random)),
});
