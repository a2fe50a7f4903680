import { GraphBuilder, int, renamed } from "../onnx/builder.js";
import { type Graph, type Node, valuesReadBy } from "../onnx/graph.js";
import type { Tensor } from "../onnx/tensor.js";

/*
 * Convolutions in 8 bits, as QuantizeLinear and DequantizeLinear around float operators (QDQ): a runtime with kernels for 8 bits
 * fuses them, any other computes the same in float32. Activations are uint8 with one scale for each tensor, weights int8 with one
 * for each output channel, symmetric. Reference: Jacob et al. 2018, sections 2.1 and 2.4.
 */

/** The smallest and the largest value of an activation. */
export interface ActivationRange {
  readonly min: number;
  readonly max: number;
}

/** What is quantized of a graph. */
export interface QuantizationPlan {
  /** Convolutions before and after which there are others: those next to the input or the output stay in float32. */
  readonly convolutions: ReadonlySet<Node>;
  /** Relu nodes after them: the range of the quantized result, from 0, has their effect. */
  readonly folded: ReadonlySet<Node>;
  /** The inputs and the outputs of these convolutions, whose ranges are needed. */
  readonly activations: ReadonlySet<string>;
}

/** Chooses what is quantized. */
export function planQuantization(graph: Graph): QuantizationPlan {
  const isConv = ({ op, domain }: Node): boolean => op === "Conv" && domain === "";
  const after = new Set<string>();
  for (const node of graph.nodes)
    if (isConv(node) || valuesReadBy(node).some((name) => after.has(name)))
      for (const name of node.outputs) after.add(name);
  const before = new Set<string>();
  for (const node of graph.nodes.toReversed())
    if (isConv(node) || node.outputs.some((name) => before.has(name)))
      for (const name of valuesReadBy(node)) before.add(name);
  const isQuantized = (node: Node): boolean =>
    isConv(node) &&
    after.has(node.inputs[0] as string) &&
    before.has(node.outputs[0] as string) &&
    node.inputs.slice(1).every((name) => graph.initializers.get(name)?.type === "float32");
  const convolutions = new Set(graph.nodes.filter(isQuantized));
  const folded = new Set<Node>();
  const activations = new Set<string>();
  for (const { inputs, outputs } of convolutions) {
    const result = outputs[0] as string;
    const reader = onlyReader(graph, result);
    const relu = reader?.op === "Relu" && !isOutput(graph, reader.outputs[0] as string) ? reader : undefined;
    if (relu) folded.add(relu);
    activations.add(inputs[0] as string).add(relu?.outputs[0] ?? result);
  }
  return { convolutions, folded, activations };
}

/** The only node that reads a value, if there is one and the value is no output of the graph. */
function onlyReader(graph: Graph, name: string): Node | undefined {
  const readers = graph.nodes.filter((node) => valuesReadBy(node).includes(name));
  return readers.length === 1 && !isOutput(graph, name) ? readers[0] : undefined;
}

const isOutput = ({ outputs }: Graph, name: string): boolean => outputs.some((output) => output.name === name);

/** The graph with the convolutions of the plan in 8 bits. */
export function quantized(
  graph: Graph,
  { convolutions, folded, activations }: QuantizationPlan,
  ranges: ReadonlyMap<string, ActivationRange>,
): Graph {
  const b = GraphBuilder.rewriting(graph);
  const readAs = new Map<string, string>();
  const scales = new Map<string, number>();
  for (const node of graph.nodes) {
    const read = renamed(node, (name) => readAs.get(name) ?? name, "");
    if (folded.has(node)) {
      readAs.set(node.outputs[0] as string, readAs.get(node.inputs[0] as string) as string);
      continue;
    }
    if (convolutions.has(node))
      b.keep({ ...read, inputs: weightsInBytes(b, graph, read, scales.get(node.inputs[0] as string) as number) });
    else b.keep(read);
    const relu = [...folded].find(({ inputs }) => inputs[0] === node.outputs[0]);
    for (const name of node.outputs) {
      const activation = relu ? (relu.outputs[0] as string) : name;
      if (!activations.has(activation)) continue;
      const { scale, zero } = quantizationOf(ranges.get(activation) as ActivationRange);
      const both = [b.scalar(scale), b.constant({ type: "uint8", shape: [], data: Uint8Array.of(zero) })];
      readAs.set(name, b.add("DequantizeLinear", [b.add("QuantizeLinear", [name, ...both]), ...both]));
      scales.set(activation, scale);
    }
  }
  return b.build({ ...graph.metadata });
}

/** The scale and the zero point of uint8 for a range that is extended to 0. */
function quantizationOf({ min, max }: ActivationRange): { scale: number; zero: number } {
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)];
  const scale = Math.fround((high - low) / 255) || 1;
  return { scale, zero: Math.min(Math.max(Math.round(-low / scale), 0), 255) };
}

/**
 * The largest weight in int8: 7 bits. Processors without VNNI add two products in 16 bits, which larger weights saturate: images
 * then differed by 20 levels rather than by two.
 */
const LARGEST_WEIGHT = 63;

/** The inputs of a convolution with its weights in int8 and its bias in int32, each followed by DequantizeLinear. */
function weightsInBytes(b: GraphBuilder, graph: Graph, { inputs }: Node, inputScale: number): string[] {
  const [image = "", weightName = "", biasName] = inputs;
  const weight = graph.initializers.get(weightName) as Tensor;
  const count = weight.shape[0] as number;
  const each = weight.data.length / count;
  const values = weight.data as Float32Array;
  const scales = Float32Array.from({ length: count }, (_, channel) => {
    const row = values.subarray(channel * each, (channel + 1) * each);
    return row.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / LARGEST_WEIGHT || 1;
  });
  const bytes = Int8Array.from(values, (value, i) => Math.round(value / (scales[Math.floor(i / each)] as number)));
  const perChannel = (name: string, tensor: Tensor, channelScales: Float32Array): string => {
    const scaleName = b.constant({ type: "float32", shape: [count], data: channelScales });
    const zeros =
      tensor.type === "int8" ? [b.constant({ type: "int8", shape: [count], data: new Int8Array(count) })] : [];
    return b.add("DequantizeLinear", [b.initializer(`${name}/${tensor.type}`, tensor), scaleName, ...zeros], {
      axis: int(0),
    });
  };
  const result = [image, perChannel(weightName, { type: "int8", shape: weight.shape, data: bytes }, scales)];
  if (!biasName) return result;
  const biasScales = scales.map((scale) => scale * inputScale);
  const bias = graph.initializers.get(biasName) as Tensor;
  const data = Int32Array.from(bias.data as Float32Array, (value, i) => Math.round(value / (biasScales[i] as number)));
  return [...result, perChannel(biasName, { type: "int32", shape: [count], data }, biasScales)];
}
