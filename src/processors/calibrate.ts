import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { planesOf } from "../images/planar.js";
import { GraphBuilder, int } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { type ActivationRange, planQuantization, quantized } from "../passes/quantize.js";
import { Session } from "../runtime/session.js";
import { plainFormat } from "./format.js";
import { type ImageNetwork, imageEnds } from "./image-network.js";

/**
 * A processor with its convolutions in 8 bits, apart from those next to the input and the output.
 * @param images typical inputs; the ranges of the feature maps are the smallest and the largest values for them.
 * @throws UserError when the processor has a format of its own, or no convolution between others.
 */
export async function quantizedNetwork({ graph, format }: ImageNetwork, images: readonly Image[]): Promise<Graph> {
  if (JSON.stringify(format) !== JSON.stringify(plainFormat))
    throw new UserError(`cannot quantize ${graph.name}: its input and output must be RGB in [0, 1], NCHW`);
  const plan = planQuantization(graph);
  if (plan.convolutions.size === 0)
    throw new UserError(`cannot quantize ${graph.name}: it has no convolution with constant weights between others`);
  return quantized(graph, plan, await rangesOf(graph, [...plan.activations], images));
}

/** The smallest and the largest value of each of these values of a graph, over all images. */
async function rangesOf(
  graph: Graph,
  names: readonly string[],
  images: readonly Image[],
): Promise<ReadonlyMap<string, ActivationRange>> {
  const [{ name: input }] = imageEnds(graph);
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  const ends = names.map((name) =>
    ["ReduceMin", "ReduceMax"].map((op) => {
      const end = b.add(op, [name], { keepdims: int(0) });
      return b.output(end, end);
    }),
  );
  const session = await Session.create(b.build());
  const ranges = new Map<string, { min: number; max: number }>();
  try {
    for (const image of images) {
      const { width, height, data } = planesOf(image);
      const found = await session.run({ [input]: float32(data, [1, 3, height, width]) });
      for (const [i, name] of names.entries()) {
        const [min = 0, max = 0] = (ends[i] ?? []).map((end) => Number((found[end] as Tensor).data[0]));
        const range = ranges.get(name) ?? { min, max };
        ranges.set(name, { min: Math.min(range.min, min), max: Math.max(range.max, max) });
      }
    }
  } finally {
    await session.release();
  }
  return ranges;
}
