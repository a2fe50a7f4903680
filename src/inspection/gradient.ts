import { gradients } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, specialize, withOutputs } from "../onnx/graph.js";
import { freePrefix } from "../onnx/names.js";
import { float32, type Tensor, zeros } from "../onnx/tensor.js";
import { isFloat } from "../onnx/types.js";
import { applyPasses } from "../passes/index.js";
import type { Pass } from "../passes/pass.js";
import { type Probe, probe } from "../runtime/probe.js";
import { Session, type Tensors } from "../runtime/session.js";
import { type LossKind, lossGraph, lossInputName, lossInputsOf, requireTensor } from "./loss.js";
import { running } from "./running.js";
import { differentiableInputs, holdsImages } from "./sizes.js";
import { listed } from "./text.js";
import { makersOf, sourcesOf, weightsOf } from "./weights.js";

/** Which loss to differentiate, and with respect to what. */
export interface GradientOptions {
  readonly loss: LossKind;
  /** The value that the loss is computed from. Default: every NAME with a tensor `weight.NAME`, or the first output. */
  readonly output?: string;
  /**
   * Names to differentiate with respect to: inputs, initializers, computed values. Default: every floating-point input, or
   * the images if there is none. The gradient of integers is that of the numbers that were rounded to them.
   */
  readonly wrt?: readonly string[];
  /** Adds every weight that the loss depends on to the inputs. */
  readonly allParameters?: boolean;
  /** Passes that rewrite the graph for speed. They treat initializers outside `wrt` as constants. Default: none. */
  readonly passes?: readonly Pass[];
}

/** The value of a loss and its gradients. */
export interface LossGradients {
  /** float32 [1]. */
  readonly loss: Tensor;
  /** Names of the values that the loss is computed from. */
  readonly outputs: readonly string[];
  /** d loss / d value by name: float32 of the value's shape. */
  readonly gradients: Readonly<Record<string, Tensor>>;
  /** Names that the loss does not depend on: their gradient is zero. */
  readonly independent: readonly string[];
}

/**
 * Computes a loss of a model and its gradients: appends the loss to the graph, differentiates and runs it once.
 * @param tensors one for each input of the graph by name, and those of the loss: `labels` (int64, the output's shape without
 *   axis 1), `target` or `weight` (float32, the output's shape), `weight.NAME` for several values.
 * @throws UserError when a tensor is missing or does not match, a name is unknown, or an operator on the path has no
 * gradient.
 */
export async function lossGradients(graph: Graph, tensors: Tensors, options: GradientOptions): Promise<LossGradients> {
  const outputs = lossInputsOf(options.loss, graph, tensors, options.output);
  const wrt = targetsOf(graph, options);
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, type = "float32", shape }) => [name, requireTensor(tensors, name, type, shape)]),
  );
  const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  const computed = wrt.filter((name) => !(name in feeds) && !graph.initializers.has(name));
  const given = withConstantInputs(specialize(graph, shapes), feeds, wrt);
  const specialized = withOutputs(given, [...new Set([...outputs, ...computed])]);
  const trial = { inputs: feeds, once: true };
  const probed = await running(graph, () => probe(specialized, { ...trial, variable: variableFor(graph, wrt) }));
  const withLoss = await appendLoss(probed, options.loss, outputs, lossTensors(graph, tensors));
  const { loss, gradients: found } = await run(withLoss, feeds, wrt, options.passes ?? []);
  const weights = options.allParameters ? weightsOf(graph) : new Map();
  const independent = wrt.filter((name) => !found.has(name) && !weights.has(name));
  for (const name of independent) found.set(name, zeros("float32", shapeOf(name, graph, withLoss)));
  const inOrder = wrt.flatMap((name) => [[name, found.get(name)] as const]).filter(([, tensor]) => tensor);
  return { loss, outputs, gradients: Object.fromEntries(inOrder) as Tensors, independent };
}

/** Integers and booleans often determine sizes and branches, and nothing is differentiated with respect to them. */
function withConstantInputs(graph: Graph, feeds: Tensors, wrt: readonly string[]): Graph {
  const constant = graph.inputs.filter(
    ({ name, type = "float32" }) => !type.includes("float") && type !== "string" && !wrt.includes(name),
  );
  const tensors = constant.map(({ name }) => [name, feeds[name] as Tensor] as const);
  const inputs = graph.inputs.filter((input) => !constant.includes(input));
  return { ...graph, inputs, initializers: new Map([...graph.initializers, ...tensors]) };
}

/** The tensors of the loss. That of a name which is also an input of the model is given as `loss.NAME`, if they differ. */
function lossTensors(graph: Graph, tensors: Tensors): Tensors {
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const own = Object.entries(tensors).filter(([name]) => name.startsWith("loss.") && !fed.has(name));
  return { ...tensors, ...Object.fromEntries(own.map(([name, tensor]) => [name.slice("loss.".length), tensor])) };
}

/** The names to differentiate with respect to. @throws UserError for a name that is unknown or has no gradient. */
function targetsOf(graph: Graph, { wrt, allParameters }: GradientOptions): string[] {
  const typeOf = new Map([
    ...[...graph.initializers].map(([name, { type }]) => [name, type] as const),
    ...graph.inputs.map(({ name, type = "float32" }) => [name, type] as const),
  ]);
  const inputs = graph.inputs.map(({ name }) => name);
  if (!wrt) {
    const all = [...differentiableInputs(graph), ...(allParameters ? weightsOf(graph).keys() : [])];
    if (all.length === 0) throw new UserError(`${graph.name} has no float32 input to differentiate with respect to`);
    return all;
  }
  const computed = new Set(graph.nodes.flatMap((node) => node.outputs));
  for (const name of wrt) {
    const type = typeOf.get(name) ?? (computed.has(name) ? "float32" : undefined);
    if (!type)
      throw new UserError(
        `${graph.name} has no value "${name}"; its inputs: ${listed(inputs)}; ` +
          `its initializers: ${listed([...graph.initializers.keys()])}`,
      );
    if (!isFloat(type) && !graph.inputs.some((input) => input.name === name && holdsImages(input)))
      throw new UserError(
        `"${name}" of ${graph.name} is ${type}; only floating-point numbers and images have a gradient`,
      );
  }
  return [...new Set(wrt)];
}

/**
 * The initializers that a probe must not treat as constants: those in `wrt`, and those that a computed value in `wrt` depends
 * on, because constant folding would remove that value otherwise.
 */
function variableFor(graph: Graph, wrt: readonly string[]): string[] {
  const makers = makersOf(graph);
  const sources = wrt.flatMap((name) => [...sourcesOf(name, makers)]);
  return sources.filter((name) => graph.initializers.get(name)?.type === "float32");
}

/** A probed graph with a loss. */
interface WithLoss extends Probe {
  readonly loss: string;
}

/** Prefix of the values of the loss. */
const PREFIX = "legible.loss/";

/** Appends a loss to a probed graph. The loss is probed separately, so that the model does not run a second time. */
async function appendLoss(
  model: Probe,
  kind: LossKind,
  outputs: readonly string[],
  tensors: Tensors,
): Promise<WithLoss> {
  const values = outputs.map((name) => ({ name, shape: model.shapes.get(name) ?? [] }));
  const { graph: loss, shapes } = await probe(lossGraph(kind, values, tensors));
  const b = GraphBuilder.from(model.graph);
  const bindings = Object.fromEntries(outputs.map((name, i) => [lossInputName(i), name]));
  const prefix = freePrefix(model.graph, PREFIX);
  const total = b.inline(loss, bindings, prefix).loss as string;
  b.output(total, total);
  const prefixed = [...shapes].map(([name, shape]) => [prefix + name, shape] as const);
  return { graph: b.build(), loss: total, shapes: new Map([...model.shapes, ...prefixed]) };
}

async function run({ graph, loss, shapes }: WithLoss, feeds: Tensors, wrt: readonly string[], passes: readonly Pass[]) {
  const trial = { inputs: feeds, once: true };
  const forward =
    passes.length > 0 ? await probe(await applyPasses(graph, passes, "forward", trial), trial) : { graph, shapes };
  const { graph: whole, gradients: names } = gradients(forward.graph, loss, wrt, forward.shapes);
  const fetch = [...names.values()].filter((name) => name !== null);
  const wanted = withOutputs(whole, [...new Set([loss, ...fetch])]);
  const step = await applyPasses(wanted, passes, "step", { ...trial, known: forward.shapes });
  const session = await Session.create(step);
  const results = await running(graph, () => session.run(feeds)).finally(() => session.release());
  const found = [...names].flatMap(([value, grad]) => (grad ? [[value, results[grad] as Tensor] as const] : []));
  return { loss: float32([Number(results[loss]?.data[0])]), gradients: new Map(found) };
}

const shapeOf = (name: string, graph: Graph, { shapes }: WithLoss): readonly number[] =>
  shapes.get(name) ?? graph.initializers.get(name)?.shape ?? [];
