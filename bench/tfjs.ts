import { attribute, type Graph } from "../src/onnx/graph.js";
import { type Tensor, toNumbers } from "../src/onnx/tensor.js";
import { answer, type Prepared, timed } from "./answering.js";
import { constantsOf, interpret, type Operator, unsupportedReason, windowOf } from "./interpret.js";
import { noise } from "./noise.js";
import { inferenceNetwork } from "./works.js";

/* TensorFlow.js on WebAssembly as a rival: tfjs.js WORK BATCH. Its images are NHWC. */

const CORE = "@tensorflow/tfjs-core";
const BACKEND = "@tensorflow/tfjs-backend-wasm";

interface TfTensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}
type Pads = number[][];
interface Tf {
  readonly version_core: string;
  setBackend(name: string): Promise<boolean>;
  tensor(data: Float32Array | readonly number[], shape: readonly number[]): TfTensor;
  tidy(work: () => TfTensor): TfTensor;
  transpose(x: TfTensor, order: number[]): TfTensor;
  conv2d(x: TfTensor, weight: TfTensor, strides: [number, number], pad: Pads): TfTensor;
  depthwiseConv2d(x: TfTensor, weight: TfTensor, strides: [number, number], pad: Pads): TfTensor;
  maxPool(x: TfTensor, size: number[], strides: [number, number], pad: Pads): TfTensor;
  batchNorm(
    x: TfTensor,
    mean: TfTensor,
    variance: TfTensor,
    shift: TfTensor,
    scale: TfTensor,
    epsilon: number,
  ): TfTensor;
  prelu(x: TfTensor, slope: TfTensor): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  relu(x: TfTensor): TfTensor;
  relu6(x: TfTensor): TfTensor;
  tanh(x: TfTensor): TfTensor;
  depthToSpace(x: TfTensor, block: number, layout: "NHWC"): TfTensor;
  mean(x: TfTensor, axes: number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  mirrorPad(x: TfTensor, pads: Pads, mode: "symmetric"): TfTensor;
}

const symmetricPads = ([rows, columns]: [number, number]): Pads => [
  [0, 0],
  [rows, rows],
  [columns, columns],
  [0, 0],
];

/** The operators of the benchmark's networks. DepthToSpace orders channels differently, at the same cost. */
function operatorsOf(tf: Tf): Record<string, Operator<TfTensor>> {
  const unary =
    (f: (x: TfTensor) => TfTensor): Operator<TfTensor> =>
    ([x]) =>
      f(x as TfTensor);
  const binary =
    (f: (a: TfTensor, b: TfTensor) => TfTensor): Operator<TfTensor> =>
    ([a, b]) =>
      f(a as TfTensor, b as TfTensor);
  return {
    Conv: ([x, weight, bias], node) => {
      const { strides, pads, group } = windowOf(node);
      const convolve = group > 1 ? tf.depthwiseConv2d : tf.conv2d;
      const y = convolve(x as TfTensor, weight as TfTensor, strides, symmetricPads(pads));
      return bias ? tf.add(y, bias) : y;
    },
    MaxPool: ([x], node) => {
      const { strides, pads, kernel } = windowOf(node);
      return tf.maxPool(x as TfTensor, [...kernel], strides, symmetricPads(pads));
    },
    BatchNormalization: ([x, scale, shift, mean, variance]) =>
      tf.batchNorm(x as TfTensor, mean as TfTensor, variance as TfTensor, shift as TfTensor, scale as TfTensor, 1e-5),
    DepthToSpace: ([x], node) => tf.depthToSpace(x as TfTensor, attribute(node, "blocksize", "int", 2), "NHWC"),
    // Symmetric padding replaces edge padding, which TensorFlow.js does not have, at the same cost.
    Pad: unary((x) => tf.mirrorPad(x, symmetricPads([2, 2]), "symmetric")),
    PRelu: binary(tf.prelu),
    Add: binary(tf.add),
    Mul: binary(tf.mul),
    MatMul: binary(tf.matMul),
    Relu: unary(tf.relu),
    Clip: unary(tf.relu6),
    Tanh: unary(tf.tanh),
    GlobalAveragePool: unary((x) => tf.mean(x, [1, 2])),
    Flatten: unary((x) => x),
    Identity: unary((x) => x),
  };
}

/** Converts weights [O, I, h, w] to [h, w, I, O], or [h, w, O, 1] if depthwise. Slopes and scalars broadcast unchanged. */
function converted(tf: Tf, graph: Graph, tensor: Tensor, name: string): TfTensor {
  const plain = tf.tensor(tensor.data instanceof Float32Array ? tensor.data : toNumbers(tensor), tensor.shape);
  const reader = graph.nodes.find(({ inputs }) => inputs[1] === name);
  if (reader?.op !== "Conv") return plain;
  return tf.transpose(plain, windowOf(reader).group > 1 ? [2, 3, 0, 1] : [2, 3, 1, 0]);
}

async function load(): Promise<Tf> {
  try {
    const tf = (await import(CORE)) as Tf;
    await import(BACKEND);
    return tf;
  } catch {
    throw new Error(`not installed; run npm install --no-save ${CORE} ${BACKEND}`);
  }
}

async function prepare(work: string, batch: number): Promise<Prepared> {
  const tf = await load();
  if (work.endsWith("-step"))
    throw new Error("its WebAssembly backend has no gradient of a convolution's weight (Conv2DBackpropFilter)");
  if (!(await tf.setBackend("wasm"))) throw new Error("its WebAssembly backend does not start");
  const graph = inferenceNetwork(work, batch);
  const operators = operatorsOf(tf);
  const missing = unsupportedReason(graph, operators);
  if (missing) throw new Error(missing);
  const constants = constantsOf(graph, (tensor, name) => converted(tf, graph, tensor, name));
  const [count, channels, height, width] = graph.inputs.flatMap(({ shape }) => shape) as [
    number,
    number,
    number,
    number,
  ];
  const shape = [count, height, width, channels];
  const image = tf.tensor(noise(shape).data as Float32Array, shape);
  const measure = timed(async () => {
    const result = tf.tidy(() => interpret(graph, operators, constants, image));
    await result.data();
    result.dispose();
  });
  return { version: tf.version_core, measure };
}

const [work = "", batch = ""] = process.argv.slice(2);
await answer(() => prepare(work, Number(batch)));
