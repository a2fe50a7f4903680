import { UserError } from "../errors.js";
import { GraphBuilder } from "../onnx/builder.js";
import { containersOf } from "../onnx/containers.js";
import { type Dim, type Graph, type Node, prune, valuesReadBy } from "../onnx/graph.js";
import { withBoundedLoops } from "../onnx/loops.js";
import { freshNames } from "../onnx/names.js";
import { resolveStructure } from "../onnx/structure.js";
import { isArrayType, type Tensor, toNumbers, zeros } from "../onnx/tensor.js";
import { Session, type Tensors } from "./session.js";
import { sizedByValues, sizeInputsOf } from "./sizes.js";
import { withResolvedStructure } from "./structure.js";

/** What ONNX Runtime reports of a graph whose shapes are specialized. */
export interface Probe {
  /** The graph with every value that depends on shapes alone (shape arithmetic) replaced by a constant. */
  readonly graph: Graph;
  /** The shape of every value and initializer. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Options of `probe`. */
export interface ProbeOptions {
  /** Initializers that will change: the values that depend on them stay in the graph. */
  readonly variable?: readonly string[];
  /** Whether the graph is known to run; then it is not run for shapes that ONNX Runtime infers. Default: false. */
  readonly runs?: boolean;
  /** The values of inputs in the run. Default: zeros. */
  readonly inputs?: Tensors;
  /**
   * Whether the graph will run on these inputs only. Then the sizes and the branches of `If` that they determine become
   * constants. Default: false.
   */
  readonly once?: boolean;
  /** Shapes of values that the graph has in common with one that was probed. Default: none. */
  readonly known?: ReadonlyMap<string, readonly number[]>;
}

/**
 * Runs the graph once, on zeros if no inputs are given, and reads the shape of every value, so that Legible needs no shape
 * inference of its own. If the graph is known to run, the shapes that ONNX Runtime infers are taken first, which costs neither
 * time nor memory. What the structure decides is replaced first: an `If` whose condition follows from shapes (exporters write
 * one to test a rank or a size), loops, sequences and recurrent networks (see `resolveStructure`).
 * @throws UserError when an input has a symbolic size (`specialize` the shapes first) or the graph does not run.
 */
export async function probe(graph: Graph, options: ProbeOptions = {}): Promise<Probe> {
  const { runs = false, inputs = {}, once = false, known = new Map() } = options;
  const staticOf = (each: Graph) => (once ? new Set(valuesOf(each)) : staticValues(each, options));
  const decided = await withResolvedStructure(graph, staticOf, (each) => runOnce(each, inputs));
  const fixed = staticValues(decided, options);
  if (once) for (const name of sizesIn(decided)) fixed.add(name);
  const values = valuesOf(decided);
  const shapes = declaredShapes(decided);
  for (const value of values) if (known.has(value)) shapes.set(value, known.get(value) as readonly number[]);
  const isOpen = (value: string) => !shapes.has(value);
  if (runs) for (const [name, shape] of await inferredShapes(decided, values.filter(isOpen))) shapes.set(name, shape);

  const b = GraphBuilder.from({ ...decided, outputs: [] });
  const open = values.filter(isOpen);
  // Last values first: ONNX Runtime orders nodes back from the last, so that it takes a shape, and frees the value, early.
  const shapeOf = new Map(open.toReversed().map((value) => [value, b.Shape(value)]));
  const exposed = [...shapeOf.values(), ...fixed];
  for (const name of exposed) b.output(name, name);
  const results = exposed.length > 0 ? await runOnce(b.build(), inputs) : {};
  for (const [value, shape] of shapeOf) shapes.set(value, toNumbers(results[shape] as Tensor));
  return { graph: withConstants(decided, fixed, results), shapes };
}

/** A graph with the shapes that ONNX Runtime infers; the graph is not run. @throws UserError when it cannot be loaded. */
export async function inferShapes(graph: Graph): Promise<Probe> {
  const decided = resolveStructure(graph);
  const shapes = declaredShapes(decided);
  for (const [name, shape] of await inferredShapes(decided, valuesOf(decided))) shapes.set(name, shape);
  return { graph: decided, shapes };
}

/** The shapes of the inputs and initializers. @throws UserError when an input has a symbolic size. */
function declaredShapes({ inputs, initializers }: Graph): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const { name, shape } of inputs) shapes.set(name, numericShape(name, shape));
  for (const [name, { shape }] of initializers) shapes.set(name, shape);
  return shapes;
}

/** The tensors that the nodes of a graph compute. */
function valuesOf(graph: Graph): string[] {
  const containers = containersOf(graph);
  return graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== "" && !containers.has(name)));
}

/** The shapes of values that ONNX Runtime infers from those of the inputs; nothing is computed. */
async function inferredShapes(graph: Graph, values: readonly string[]): Promise<Map<string, readonly number[]>> {
  if (values.length === 0) return new Map();
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  // With one axis more, because ONNX Runtime reports [] both for a scalar and for an unknown shape.
  const unsqueezed = new Map(values.map((value) => [b.Unsqueeze(value, [0]), value]));
  for (const name of unsqueezed.keys()) b.output(name, name);
  const session = await Session.create(b.build(), { optimization: "disabled", threads: 1 });
  const inferred = new Map<string, readonly number[]>();
  // Sizes below 1 are inferred where a kernel does not fit; such values are left to the run.
  for (const [name, [one, ...shape]] of session.outputShapes)
    if (one === 1 && shape.every((size) => size > 0)) inferred.set(unsqueezed.get(name) as string, shape);
  await session.release();
  return inferred;
}

async function runOnce(graph: Graph, inputs: Tensors): Promise<Tensors> {
  const session = await Session.create(withBoundedLoops(graph), { optimization: "disabled" });
  try {
    return await session.run(inputsFor(graph, inputs));
  } finally {
    await session.release();
  }
}

/** The nodes with an output whose size depends on values of the inputs, rather than on their shapes alone. */
export function valueSizedNodes(graph: Graph): Node[] {
  const fixed = staticValues(graph);
  return sizedByValues(graph, (name) => fixed.has(name) || graph.initializers.has(name));
}

/** The computed values that determine sizes. */
const sizesIn = (graph: Graph): string[] => {
  const computed = new Set(valuesOf(graph));
  // Of operators such as NonZero the inputs are the data itself, which stays.
  return graph.nodes.flatMap((node) => sizeInputsOf(node, false).filter((name) => computed.has(name)));
};

/** Values that follow from shapes and constants alone: they are the same for all images. */
function staticValues(graph: Graph, { variable = [], once = false }: ProbeOptions = {}): Set<string> {
  const known = new Set([...graph.initializers.keys()].filter((name) => !variable.includes(name)));
  const found = new Set<string>();
  const containers = containersOf(graph);
  /** Values whose size depends on the data. */
  const loose = new Set<string>();
  for (const node of graph.nodes) {
    const reads = valuesReadBy(node);
    const outputs = node.outputs.filter((name) => name !== "");
    const isLoose = reads.some((value) => loose.has(value));
    const readsShape = (node.op === "Shape" || node.op === "Size") && !isLoose;
    const isStatic = readsShape || (reads.length > 0 && reads.every((value) => known.has(value)));
    if (node.domain === "" && isStatic && !node.op.startsWith("Random"))
      for (const output of outputs) {
        known.add(output);
        if (!containers.has(output)) found.add(output);
      }
    else if (!once && (isLoose || sizeInputsOf(node).some((value) => !known.has(value))))
      for (const output of outputs) loose.add(output);
  }
  return found;
}

function withConstants(graph: Graph, fixed: ReadonlySet<string>, results: Tensors): Graph {
  const initializers = new Map(graph.initializers);
  for (const name of fixed) initializers.set(name, results[name] as Tensor);
  const fresh = freshNames(graph);
  const open = graph.nodes.filter(({ outputs }) => outputs.some((output) => output !== "" && !fixed.has(output)));
  const replaced = (output: string) => (fixed.has(output) ? fresh(output) : output);
  const nodes = open.map((node) =>
    node.outputs.some((output) => fixed.has(output)) ? { ...node, outputs: node.outputs.map(replaced) } : node,
  );
  return prune({ ...graph, nodes, initializers });
}

const numericShape = (name: string, shape: readonly Dim[] = []): number[] =>
  shape.map((dim) => {
    if (typeof dim === "number") return dim;
    throw new UserError(`the input "${name}" has the open size "${dim}"; specialize its shape first`);
  });

/** The given tensors, and zeros for the other inputs of a graph whose shapes are specialized. */
function inputsFor(graph: Graph, given: Tensors): Tensors {
  const entries = graph.inputs.map(({ name, type = "float32", shape }) => {
    if (given[name]) return [name, given[name]] as const;
    if (!isArrayType(type))
      throw new UserError(`the input "${name}" is of type ${type}, which Legible does not compute`);
    return [name, zeros(type, numericShape(name, shape))] as const;
  });
  return Object.fromEntries(entries);
}
