import { maxPool } from "./pool.js";
import { recognizer, unit } from "./recognizer.js";

/** Output channels of each convolution, by stage. */
const STAGES = [[32], [64], [128, 128], [256, 256], [256, 256]];

/**
 * VGG-11 with batch normalization (Simonyan & Zisserman, ICLR 2015) at half width, with max pooling between the stages and
 * global average pooling instead of the large linear layers.
 */
export const vgg = recognizer({
  name: "vgg",
  summary: "VGG-11 at half width: 8 plain convolutions of 32 to 256 channels",
  features(layers, image) {
    let [x, channels] = [image, 3];
    for (const [stage, widths] of STAGES.entries()) {
      if (stage > 0) x = maxPool(layers.b, x);
      for (const [i, width] of widths.entries()) {
        x = unit(layers, `stage${stage}.conv${i}`, x, [channels, width], 3);
        channels = width;
      }
    }
    return { x, channels };
  },
});
