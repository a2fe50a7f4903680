import { averagePool } from "./pool.js";
import { type Channels, normalized, recognizer, unit } from "./recognizer.js";

/** Plain convolutions with average pooling (after Simonyan & Zisserman 2015). */
export const smallVgg = recognizer({
  name: "small-vgg",
  summary: "4 plain convolutions, for the demo",
  features(layers, image) {
    const pooled = (name: string, x: string, channels: Channels) =>
      averagePool(layers.b, unit(layers, name, x, channels, 3));
    const x = pooled("conv3", pooled("conv2", pooled("conv1", image, [3, 16]), [16, 32]), [32, 64]);
    return { x: unit(layers, "conv4", x, [64, 64], 3), channels: 64 };
  },
});

/** One residual block after each stride-2 convolution (after He et al. 2016). */
export const smallResnet = recognizer({
  name: "small-resnet",
  summary: "3 residual blocks, for the demo",
  features(layers, image) {
    const { b } = layers;
    const block = (stage: string, x: string, [inputs, outputs]: Channels) => {
      const half = unit(layers, `${stage}.down`, x, [inputs, outputs], 3, 2);
      const inner = unit(layers, `${stage}.conv1`, half, [outputs, outputs], 3);
      return b.Relu(b.Add(half, normalized(layers, `${stage}.conv2`, inner, [outputs, outputs], 3)));
    };
    const x = block("stage3", block("stage2", block("stage1", image, [3, 16]), [16, 32]), [32, 64]);
    return { x, channels: 64 };
  },
});

/** Depthwise separable convolutions (after Howard et al. 2017). */
export const smallMobile = recognizer({
  name: "small-mobile",
  summary: "5 depthwise separable convolutions, for the demo",
  features(layers, image) {
    let x = unit(layers, "head", image, [3, 24], 5, 2);
    const pair = (name: string, [inputs, outputs]: Channels, stride = 1) => {
      x = unit(layers, `${name}.depthwise`, x, [inputs, inputs], 3, stride, inputs);
      x = unit(layers, `${name}.pointwise`, x, [inputs, outputs], 1);
    };
    pair("block1", [24, 32]);
    pair("block2", [32, 48], 2);
    pair("block3", [48, 64]);
    pair("block4", [64, 96], 2);
    pair("block5", [96, 96]);
    return { x, channels: 96 };
  },
});
