import { UserError } from "../errors.js";
import { crossEntropy, meanSquaredError } from "../objectives/losses.js";
import { GraphBuilder } from "../onnx/builder.js";
import type { Graph } from "../onnx/graph.js";
import type { DataType, Tensor } from "../onnx/tensor.js";
import type { Tensors } from "../runtime/session.js";
import { bracketed, listed } from "./text.js";

/** A loss to append to a model. */
export type LossKind = "cross-entropy" | "mse" | "weighted-sum";
export const lossKinds: readonly LossKind[] = ["cross-entropy", "mse", "weighted-sum"];

/** A value that the loss is computed from. */
export interface LossInput {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * The values that a loss is computed from: `output`; otherwise for a weighted sum every NAME with a tensor `weight.NAME`;
 * otherwise the model's first output.
 * @throws UserError when the model does not compute one of them or it is not float32.
 */
export function lossInputsOf(kind: LossKind, graph: Graph, tensors: Tensors, output?: string): string[] {
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const weighted = Object.keys(tensors).filter((name) => name.startsWith("weight.") && !fed.has(name));
  const several = kind === "weighted-sum" && weighted.length > 0;
  const first = graph.outputs.slice(0, 1).map(({ name }) => name);
  const found = output !== undefined ? [output] : several ? weighted.map((name) => name.slice(7)) : first;
  for (const name of found) requireFloatValue(graph, name);
  return found;
}

/** @throws UserError when the graph does not compute the value or declares another type than float32 for it. */
export function requireFloatValue(graph: Graph, name: string): void {
  const outputs = graph.outputs.map((output) => output.name);
  if (!outputs.includes(name) && !graph.nodes.some((node) => node.outputs.includes(name)))
    throw new UserError(`${graph.name} does not compute a value "${name}"; its outputs: ${listed(outputs)}`);
  const type = graph.outputs.find((output) => output.name === name)?.type ?? "float32";
  if (type !== "float32") throw new UserError(`"${name}" of ${graph.name} is ${type}; a loss needs float32`);
}

/** The loss as a graph. Inputs: `value0`, `value1`, … Output: the scalar `loss`. Targets and weights are constants in it. */
export function lossGraph(kind: LossKind, values: readonly LossInput[], tensors: Tensors): Graph {
  const b = new GraphBuilder("loss");
  const terms = values.map((value, i) => {
    const input = b.input(lossInputName(i), value.shape);
    if (kind === "cross-entropy") return classLoss(b, input, value, tensors);
    const name = kind === "mse" ? "target" : weightName(value, values, tensors);
    const given = b.constant(requireTensor(tensors, name, "float32", value.shape));
    return kind === "mse" ? meanSquaredError(b, input, given) : b.ReduceSum(b.Mul(input, given), undefined, false);
  });
  b.output("loss", b.Sum(terms));
  return b.build();
}

export const lossInputName = (index: number): string => `value${index}`;

/** The weight of a single value may be called `weight`. */
const weightName = ({ name }: LossInput, values: readonly LossInput[], tensors: Tensors): string =>
  values.length === 1 && !tensors[`weight.${name}`] ? "weight" : `weight.${name}`;

function classLoss(b: GraphBuilder, input: string, { name, shape }: LossInput, tensors: Tensors): string {
  const [images, classes, ...positions] = shape;
  if (images === undefined || classes === undefined)
    throw new UserError(`cross-entropy needs scores [N, classes, …], and "${name}" is ${bracketed(shape)}`);
  const labels = requireTensor(tensors, "labels", "int64", [images, ...positions]);
  const outside = labels.data.find((label) => label < 0 || label >= classes);
  if (outside !== undefined)
    throw new UserError(`the label ${outside} is out of range: "${name}" has ${classes} classes, 0 to ${classes - 1}`);
  return crossEntropy(b, input, b.constant(labels), classes, shape.length);
}

/**
 * The tensor of this name.
 * @throws UserError when it is missing or has another type or shape; symbolic dimensions match any size.
 */
export function requireTensor(
  tensors: Tensors,
  name: string,
  type: DataType,
  shape: readonly (number | string)[] | undefined,
): Tensor {
  const wanted = `${type}${shape ? ` ${bracketed(shape)}` : ""}`;
  const tensor = tensors[name];
  if (!tensor) {
    const there = Object.entries(tensors).map(([key, value]) => `${key} ${value.type} ${bracketed(value.shape)}`);
    throw new UserError(`missing tensor "${name}" (${wanted}); given: ${listed(there)}`);
  }
  const fits = shape?.every((size, axis) => typeof size === "string" || size === tensor.shape[axis]) ?? true;
  if (tensor.type !== type || !fits || (shape && shape.length !== tensor.shape.length))
    throw new UserError(`the tensor "${name}" is ${tensor.type} ${bracketed(tensor.shape)}; expected ${wanted}`);
  return tensor;
}
