import { z } from "zod";
import { resize } from "../../images/resize.js";
import { defineTask } from "../task.js";

/** Super-resolution: bicubic downsampling exactly as in Pillow. Reference: Liu et al., sec. 4: scale 4. */
export const sr = defineTask({
  name: "sr",
  options: z.object({ scale: z.literal([2, 3, 4]).default(4).describe("upscaling factor: 2, 3 or 4") }),
  scale: ({ scale }) => scale,
  degrade: (clean, { scale }) => resize(clean, clean.width / scale, clean.height / scale, "bicubic"),
});
