import { z } from "zod";
import type { Image } from "../../images/image.js";
import { drawInteger, range } from "../range.js";
import { defineTask } from "../task.js";

/**
 * JPEG artifacts with 4:2:0 chroma subsampling, as in Pillow's files. Reference: Liu et al., sec. 4: quality 10.
 * @param throughJpeg encodes an image as JPEG with this quality and decodes it again.
 */
export const jpegKind = (throughJpeg: (clean: Image, quality: number) => Promise<Image>) =>
  defineTask({
    name: "jpeg",
    options: z.object({
      quality: range({ min: 1, max: 100, integer: true })
        .default(10)
        .describe("JPEG quality, 1 to 100; or a range lo..hi"),
    }),
    scale: 1,
    degrade: (clean, { quality }, random) => throughJpeg(clean, drawInteger(quality, random)),
  });
