import { gradients } from "../autodiff/gradients.js";
import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Graph, specialize, withOutputs } from "../onnx/graph.js";
import { float32, type Tensor, zeros } from "../onnx/tensor.js";
import { applyPasses } from "../passes/index.js";
import type { Pass } from "../passes/pass.js";
import { type Probe, probe } from "../runtime/probe.js";
import { Session, type Tensors } from "../runtime/session.js";
import { type LossKind, lossGraph, requireTensor, watchedBy, watchedInput } from "./loss.js";
import { running } from "./running.js";
import { makersOf, sourcesOf, weightsOf } from "./weights.js";
import { listed } from "./words.js";

/** Which loss to differentiate, and with respect to what. */
export interface GradientOptions {
  readonly loss: LossKind;
  /** The value that the loss looks at. Default: the first output, or every NAME with a tensor `weight.NAME`. */
  readonly output?: string;
  /** What to differentiate by: inputs, initializers, computed values. Default: every float32 input. */
  readonly wrt?: readonly string[];
  /** Beside the inputs, every weight that the loss depends on. */
  readonly allParameters?: boolean;
  /** Rewrites to faster forms. They take initializers for constants that nothing is differentiated by. Default: none. */
  readonly passes?: readonly Pass[];
}

/** The value of a loss and its gradients. */
export interface LossGradients {
  /** float32 [1]. */
  readonly loss: Tensor;
  /** The values that the loss looks at. */
  readonly watched: readonly string[];
  /** d loss / d value, float32 of the value's shape, by name. */
  readonly gradients: Readonly<Record<string, Tensor>>;
  /** Names on which the loss does not depend: their gradient is zero. */
  readonly independent: readonly string[];
}

/**
 * Closes a model with a loss, differentiates it and runs it once.
 * @param tensors one for each input of the graph under its name, and what the loss needs: `labels` (int64, the output's
 *   shape without axis 1), `target` or `weight` (float32, the output's shape), `weight.NAME` for several values.
 * @throws UserError when a tensor or a name does not fit, and when an operator on the way has no gradient.
 */
export async function lossGradients(graph: Graph, tensors: Tensors, options: GradientOptions): Promise<LossGradients> {
  const watched = watchedBy(options.loss, graph, tensors, options.output);
  const wrt = wantedOf(graph, options);
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, type = "float32", shape }) => [name, requireTensor(tensors, name, type, shape)]),
  );
  const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
  const computed = wrt.filter((name) => !(name in feeds) && !graph.initializers.has(name));
  const bound = withOutputs(specialize(graph, shapes), [...new Set([...watched, ...computed])]);
  const probed = await running(graph, () => probe(bound, { variable: variableFor(graph, wrt) }));
  const closed = await withLoss(probed, options.loss, watched, tensors);
  const { loss, gradients: found } = await run(closed, feeds, wrt, options.passes ?? []);
  const weights = options.allParameters ? weightsOf(graph) : new Map();
  const independent = wrt.filter((name) => !found.has(name) && !weights.has(name));
  for (const name of independent) found.set(name, zeros("float32", shapeOf(name, graph, closed)));
  const inOrder = wrt.flatMap((name) => [[name, found.get(name)] as const]).filter(([, tensor]) => tensor);
  return { loss, watched, gradients: Object.fromEntries(inOrder) as Tensors, independent };
}

/** @throws UserError for a name that the model does not have, or that does not hold float32. */
function wantedOf(graph: Graph, { wrt, allParameters }: GradientOptions): string[] {
  const typeOf = new Map([
    ...[...graph.initializers].map(([name, { type }]) => [name, type] as const),
    ...graph.inputs.map(({ name, type = "float32" }) => [name, type] as const),
  ]);
  const inputs = graph.inputs.map(({ name }) => name);
  if (!wrt) {
    const floats = inputs.filter((name) => typeOf.get(name) === "float32");
    const all = [...floats, ...(allParameters ? weightsOf(graph).keys() : [])];
    if (all.length === 0) throw new UserError(`${graph.name} has no float32 input to differentiate by`);
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
    if (type !== "float32") throw new UserError(`"${name}" of ${graph.name} is ${type}; only float32 has a gradient`);
  }
  return [...new Set(wrt)];
}

/**
 * The initializers that a probe must not take for constants: those in `wrt`, and those that a computed value in `wrt`
 * comes from, without which it would be folded away itself.
 */
function variableFor(graph: Graph, wrt: readonly string[]): string[] {
  const makers = makersOf(graph);
  const sources = wrt.flatMap((name) => [...sourcesOf(name, makers)]);
  return sources.filter((name) => graph.initializers.get(name)?.type === "float32");
}

interface Closed extends Probe {
  readonly loss: string;
}

/** Before the names of the loss, which must not meet the model's. */
const PREFIX = "legible.loss/";

/** The probed graph with its loss behind it; the loss is probed on its own, so that the model runs no second time. */
async function withLoss(model: Probe, kind: LossKind, watched: readonly string[], tensors: Tensors): Promise<Closed> {
  const values = watched.map((name) => ({ name, shape: model.shapes.get(name) ?? [] }));
  const { graph: loss, shapes } = await probe(lossGraph(kind, values, tensors));
  const b = GraphBuilder.from(model.graph);
  const bindings = Object.fromEntries(watched.map((name, i) => [watchedInput(i), name]));
  const total = b.inline(loss, bindings, PREFIX).loss as string;
  b.output(total, total);
  const prefixed = [...shapes].map(([name, shape]) => [PREFIX + name, shape] as const);
  return { graph: b.build(), loss: total, shapes: new Map([...model.shapes, ...prefixed]) };
}

async function run({ graph, loss, shapes }: Closed, feeds: Tensors, wrt: readonly string[], passes: readonly Pass[]) {
  const forward = passes.length > 0 ? await probe(await applyPasses(graph, passes, "forward")) : { graph, shapes };
  const { graph: whole, gradients: names } = gradients(forward.graph, loss, wrt, forward.shapes);
  const fetch = [...names.values()].filter((name) => name !== null);
  const wanted = withOutputs(whole, [...new Set([loss, ...fetch])]);
  const session = await Session.create(await applyPasses(wanted, passes, "step"));
  const results = await running(graph, () => session.run(feeds)).finally(() => session.release());
  const found = [...names].flatMap(([value, grad]) => (grad ? [[value, results[grad] as Tensor] as const] : []));
  return { loss: float32([Number(results[loss]?.data[0])]), gradients: new Map(found) };
}

const shapeOf = (name: string, graph: Graph, { shapes }: Closed): readonly number[] =>
  shapes.get(name) ?? graph.initializers.get(name)?.shape ?? [];
