import { type GraphBuilder, ints } from "../../onnx/builder.js";

const halving = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };

/** 2 x 2 average pooling with stride 2. */
export const averagePool = (b: GraphBuilder, x: string): string => b.add("AveragePool", [x], halving);

/** 2 x 2 max pooling with stride 2. */
export const maxPool = (b: GraphBuilder, x: string): string => b.add("MaxPool", [x], halving);
