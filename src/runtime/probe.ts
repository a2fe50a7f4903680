import { UserError } from "../errors.js";
import { inlineBranches } from "../onnx/branches.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Dim, type Graph, prune, valuesReadBy, withOutputs } from "../onnx/graph.js";
import { type Tensor, toNumbers, zeros } from "../onnx/tensor.js";
import { Session, type Tensors } from "./session.js";

/** What the runtime reports of a graph whose input sizes are fixed. */
export interface Probe {
  /** The graph with every value that depends on sizes alone (shape arithmetic) replaced by a constant. */
  readonly graph: Graph;
  /** The shape of every value and initializer. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

export interface ProbeOptions {
  /** Initializers that are about to change: what depends on them stays in the graph. */
  readonly variable?: readonly string[];
  /** Whether the graph is known to run, so that what can be told without running is. Default: false. */
  readonly runs?: boolean;
}

/**
 * Runs the graph once on zeros and reads the shape of every value, so that nothing here has to infer shapes by rule. Of a
 * graph that is known to run it takes the shapes that the runtime infers by itself, as far as they go, which needs neither
 * time nor memory. An `If` whose condition follows from sizes (exporters ask for a rank or a size) gives way to the branch taken.
 * @throws UserError when an input still has a symbolic size (`specialize` fixes them) or the graph does not run.
 */
export async function probe(graph: Graph, { variable = [], runs = false }: ProbeOptions = {}): Promise<Probe> {
  const decided = await withDecidedBranches(graph, variable);
  const fixed = staticValues(decided, variable);
  const shapes = new Map<string, readonly number[]>();
  for (const input of graph.inputs) shapes.set(input.name, numericShape(input.name, input.shape));
  for (const [name, tensor] of decided.initializers) shapes.set(name, tensor.shape);
  if (runs) for (const [name, shape] of await inferredShapes(decided)) shapes.set(name, shape);

  const b = GraphBuilder.from({ ...decided, outputs: [] });
  const open = valuesOf(decided).filter((value) => !shapes.has(value));
  // Last values first: the runtime goes back from the last node, so that each value is asked, and freed, as soon as it is there.
  const shapeOf = new Map(open.toReversed().map((value) => [value, b.Shape(value)]));
  const exposed = [...shapeOf.values(), ...fixed];
  for (const name of exposed) b.output(name, name);
  const results = exposed.length > 0 ? await runOnZeros(b.build()) : {};
  for (const [value, shape] of shapeOf) shapes.set(value, toNumbers(results[shape] as Tensor));
  return { graph: withConstants(decided, fixed, results), shapes };
}

const valuesOf = ({ nodes }: Graph): string[] => nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ""));

/** The shapes that follow from those of the inputs alone; nothing is computed. */
async function inferredShapes(graph: Graph): Promise<Map<string, readonly number[]>> {
  const b = GraphBuilder.from({ ...graph, outputs: [] });
  // One axis more, because the runtime calls the shape of a number and a shape that it does not know both [].
  const asked = new Map(valuesOf(graph).map((value) => [b.Unsqueeze(value, [0]), value]));
  for (const name of asked.keys()) b.output(name, name);
  const session = await Session.create(b.build(), { optimization: "disabled" });
  const found = new Map<string, readonly number[]>();
  // Sizes below 1 come out where a kernel does not fit: running tells.
  for (const [name, [one, ...shape]] of session.outputShapes)
    if (one === 1 && shape.every((size) => size > 0)) found.set(asked.get(name) as string, shape);
  await session.release();
  return found;
}

async function withDecidedBranches(graph: Graph, variable: readonly string[]): Promise<Graph> {
  let decided = inlineBranches(graph);
  for (;;) {
    const fixed = staticValues(decided, variable);
    const asked = decided.nodes.filter(({ op, domain }) => op === "If" && domain === "").map(({ inputs }) => inputs[0]);
    const conditions = asked.filter((name) => name !== undefined && fixed.has(name)) as string[];
    if (conditions.length === 0) return decided;
    const results = await runOnZeros(withOutputs(decided, [...new Set(conditions)]));
    decided = inlineBranches(decided, new Map(Object.entries(results)));
  }
}

async function runOnZeros(graph: Graph): Promise<Tensors> {
  const session = await Session.create(graph, { optimization: "disabled" });
  try {
    return await session.run(zeroInputs(graph));
  } finally {
    await session.release();
  }
}

/** Operators whose result has as many elements as the data decide. */
const dataSized = new Set(["NonZero", "NonMaxSuppression", "Unique", "Compress"]);

/** Values that follow from sizes and constants alone: whatever the pictures hold, they are the same. */
function staticValues(graph: Graph, variable: readonly string[]): Set<string> {
  const known = new Set([...graph.initializers.keys()].filter((name) => !variable.includes(name)));
  const found = new Set<string>();
  const loose = new Set<string>();
  for (const node of graph.nodes) {
    const reads = valuesReadBy(node);
    const outputs = node.outputs.filter((name) => name !== "");
    const isLoose = reads.some((value) => loose.has(value));
    const asksSize = (node.op === "Shape" || node.op === "Size") && !isLoose;
    const isStatic = asksSize || (reads.length > 0 && reads.every((value) => known.has(value)));
    if (node.domain === "" && isStatic && !node.op.startsWith("Random"))
      for (const output of outputs) {
        known.add(output);
        found.add(output);
      }
    else if (isLoose || dataSized.has(node.op)) for (const output of outputs) loose.add(output);
  }
  return found;
}

function withConstants(graph: Graph, fixed: ReadonlySet<string>, results: Tensors): Graph {
  const initializers = new Map(graph.initializers);
  for (const name of fixed) initializers.set(name, results[name] as Tensor);
  const nodes = graph.nodes.filter((node) => !node.outputs.some((output) => fixed.has(output)));
  return prune({ ...graph, nodes, initializers });
}

const numericShape = (name: string, shape: readonly Dim[] = []): number[] =>
  shape.map((dim) => {
    if (typeof dim === "number") return dim;
    throw new UserError(`the input "${name}" has the open size "${dim}", which has to be fixed first`);
  });

/** Zeros for every input of a graph whose sizes are fixed. */
function zeroInputs(graph: Graph): Tensors {
  const entries = graph.inputs.map(({ name, type = "float32", shape }) => {
    if (type === "string") throw new UserError(`the input "${name}" takes strings, which Legible does not handle`);
    return [name, zeros(type, numericShape(name, shape))] as const;
  });
  return Object.fromEntries(entries);
}
