import { UserError } from "../errors.js";
import { inlineBranches } from "../graph/branches.js";
import { GraphBuilder } from "../graph/builder.js";
import { type Dim, type Graph, prune, valuesReadBy, withOutputs } from "../graph/graph.js";
import { type Tensor, toNumbers, zeros } from "../graph/tensor.js";
import { Session, type Tensors } from "./session.js";

/** What the runtime reports of a graph whose input sizes are fixed. */
export interface Probe {
  /** The graph with every value that depends on sizes alone (shape arithmetic) replaced by a constant. */
  readonly graph: Graph;
  /** The shape of every value and initializer. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/**
 * Runs the graph once on zeros and reads the shape of every value, so that nothing has to infer shapes by rule. An `If`
 * whose condition follows from sizes (exporters ask for a rank or a size) gives way to the branch taken.
 * @param variable initializers that are about to change: what depends on them stays in the graph.
 * @throws UserError when an input still has a symbolic size (`bindShapes` fixes them) or the graph does not run.
 */
export async function probe(graph: Graph, variable: readonly string[] = []): Promise<Probe> {
  const decided = await withDecidedBranches(graph, variable);
  const fixed = staticValues(decided, variable);
  const values = decided.nodes.flatMap((node) => node.outputs.filter((output) => output !== ""));
  const b = GraphBuilder.from({ ...decided, outputs: [] });
  // Last values first: the runtime goes back from the last node, so that each value is asked, and freed, as soon as it is there.
  const shapeOf = new Map(values.toReversed().map((value) => [value, b.Shape(value)]));
  const exposed = [...shapeOf.values(), ...fixed];
  for (const name of exposed) b.output(name, name);
  const results = await runOnZeros(b.build());

  const shapes = new Map<string, readonly number[]>();
  for (const input of graph.inputs) shapes.set(input.name, numericShape(input.name, input.shape));
  for (const [name, tensor] of decided.initializers) shapes.set(name, tensor.shape);
  for (const [value, shape] of shapeOf) shapes.set(value, toNumbers(results[shape] as Tensor));
  return { graph: withConstants(decided, fixed, results), shapes };
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
