import { UserError } from "../errors.js";
import { calleeOf, instantiate, type ModelFunction } from "./functions.js";
import { type Attribute, type Graph, type Node, OPSET, subgraphsOf, titleOf, valuesReadBy } from "./graph.js";
import { KnownRanks } from "./known-ranks.js";
import { distinct, freshNames } from "./names.js";
import { blockSizeOf } from "./nchwc-weights.js";
import { onlyCastToFloat, QuantizedValues } from "./quantized-values.js";
import { rewrites } from "./rewrites.js";
import { type Quantization, type Replacement, RewriteLog, replacement, type Values } from "./rewriting.js";
import { packTexts } from "./strings.js";
import { int64, type Tensor } from "./tensor.js";
import type { UpgradeContext } from "./upgrade.js";
import { upgrades } from "./upgrades.js";

/** The oldest supported opset: the first with the present rules of broadcasting. */
const OLDEST = 7;
/** The newest supported opset. Nodes of opsets after 21 are not converted: the runtime handles what changed. */
const NEWEST = OPSET + 5;

/** Limits for functions that call functions: a small file could otherwise expand to an endless graph. */
const MAXIMUM_DEPTH = 64;
const MAXIMUM_NODES = 1e6;

/**
 * Converts a graph to the form that rules and passes expect: opset 21 or newer, Constant nodes as initializers, functions
 * inlined, operators of ONNX Runtime replaced. Inputs, outputs and initializers keep their names.
 * @param machineBlock the block size of ONNX Runtime's blocked layout on this machine; null if it has none.
 * @throws UserError for an unsupported opset, and for functions that call themselves.
 */
export function normalize(graph: Graph, functions: readonly ModelFunction[], machineBlock?: number | null): Graph {
  const file: FileState = {
    functions: new Map(functions.map((fn) => [calleeOf(fn), fn])),
    fresh: freshNames(graph),
    inlined: 0,
    log: new RewriteLog(),
    blockSize: once(() => blockSizeOf(graph, machineBlock)),
  };
  const opset = checked(graph.opsets);
  const others = Object.assign({}, ...functions.map(({ opsets }) => opsets), graph.opsets);
  const opsets = { ...others, "": Math.max(opset, OPSET, ...functions.map(({ opsets }) => opsets[""] ?? OPSET)) };
  const normal = { ...new Scope(graph, file).upgraded(opset), opsets };
  return { ...withoutUnread(normal, file.log.inputs), notes: file.log.notes() };
}

/** The graph without what only replaced nodes used: initializers, because a replacement has its own, and domains. */
function withoutUnread(graph: Graph, candidates: ReadonlySet<string>): Graph {
  if (candidates.size === 0) return graph;
  const domains = new Set(["", ...domainsOf(graph)]);
  const opsets = Object.fromEntries(Object.entries(graph.opsets).filter(([domain]) => domains.has(domain)));
  const read = new Set([...graph.nodes.flatMap(valuesReadBy), ...graph.outputs.map(({ name }) => name)]);
  const kept = [...graph.initializers].filter(([name]) => read.has(name) || !candidates.has(name));
  return { ...graph, opsets, initializers: new Map(kept) };
}

/** The domains of all nodes, those of subgraphs included. */
const domainsOf = ({ nodes }: Graph): string[] =>
  nodes.flatMap((node) => [node.domain, ...subgraphsOf(node).flatMap(domainsOf)]);

/** A function that computes its result when it is first called. */
function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}

function checked(opsets: Graph["opsets"]): number {
  const opset = opsets[""] ?? OPSET;
  if (opset >= OLDEST && opset <= NEWEST) return opset;
  throw new UserError(`it is written for opset ${opset}; Legible reads ${OLDEST} to ${NEWEST}`);
}

/** The state that all graphs of a file share. */
interface FileState {
  readonly functions: ReadonlyMap<string, ModelFunction>;
  readonly fresh: (stem: string) => string;
  /** The number of nodes inlined from functions so far. */
  inlined: number;
  readonly log: RewriteLog;
  readonly blockSize: () => number;
}

/** The conversion of a graph or subgraph. */
class Scope implements Values {
  private readonly nodes: Node[] = [];
  private readonly nodeNames = new Set<string>();
  private readonly initializers: Map<string, Tensor>;
  private readonly ranks = new Map<string, number>();
  private readonly quantized = new QuantizedValues((value) => this.known(value));
  private readonly knownRanks = new KnownRanks(
    (value) => this.known(value),
    (value) => this.ranks.get(value) ?? this.outer?.rank(value),
  );
  private floats: ReadonlySet<string> | undefined;

  constructor(
    private readonly graph: Graph,
    private readonly file: FileState,
    private readonly outer?: Scope,
  ) {
    this.initializers = new Map(graph.initializers);
    for (const { name, shape } of graph.inputs) if (shape) this.ranks.set(name, shape.length);
  }

  upgraded(opset: number): Graph {
    for (const node of this.graph.nodes) this.convert(node, opset, 0);
    return { ...this.graph, nodes: this.nodes, initializers: this.initializers };
  }

  private convert(node: Node, opset: number, depth: number): void {
    const fn = this.file.functions.get(calleeOf(node));
    if (fn) this.call(fn, node, depth);
    else if (node.domain !== "") this.replace(this.withSubgraphs(node, opset), depth);
    else if (node.op === "Constant") this.addConstant(node.outputs[0] ?? "", constantValue(node));
    else this.replace(this.upgrade(this.withSubgraphs(node, opset), opset), depth);
  }

  /** Adds what replaces a node on reading, or the node itself. */
  private replace(node: Node, depth: number): void {
    const found = this.rewritten(node);
    if (found) this.call(found.fn, found.call, depth);
    else this.push(node);
  }

  private rewritten(node: Node): Replacement | undefined {
    const rewrite = rewrites.get(calleeOf(node));
    const found = rewrite && replacement(rewrite, node, this);
    if (found) this.file.log.add(node, found.fn.nodes(node));
    return found;
  }

  private call(fn: ModelFunction, node: Node, depth: number): void {
    const inner = instantiate(fn, node, this.file.fresh);
    this.file.inlined += inner.length;
    if (depth > MAXIMUM_DEPTH || this.file.inlined > MAXIMUM_NODES)
      throw new UserError(`its function "${fn.op}" calls itself, or calls others without end`);
    const opset = checked(fn.opsets);
    for (const child of inner) this.convert(child, opset, depth + 1);
  }

  private push(node: Node): void {
    this.nodes.push(distinct(node, this.nodeNames));
    const rank = rankOf(node, (value) => this.known(value));
    if (rank !== undefined) this.ranks.set(node.outputs[0] ?? "", rank);
    this.quantized.add(node);
    this.knownRanks.add(node);
  }

  private addConstant(name: string, tensor: Tensor): string {
    if (this.initializers.has(name)) throw new UserError(`it computes the value "${name}" twice`);
    this.initializers.set(name, tensor);
    return name;
  }

  known(value: string): Tensor | undefined {
    return this.initializers.get(value) ?? this.outer?.known(value);
  }

  rank(value: string): number | undefined {
    return this.knownRanks.get(value);
  }

  /** The rank that upgrades may rely on. */
  private ownRank(value: string): number | undefined {
    return this.known(value)?.shape.length ?? this.ranks.get(value) ?? this.outer?.ownRank(value);
  }

  quantization(value: string): Quantization | undefined {
    return this.quantized.get(value);
  }

  blockSize(): number {
    return this.file.blockSize();
  }

  isOnlyCastToFloat(value: string): boolean {
    this.floats ??= onlyCastToFloat(this.graph);
    return this.floats.has(value);
  }

  private upgrade(node: Node, opset: number): Node {
    const { fresh } = this.file;
    const stem = titleOf(node);
    const context: UpgradeContext = {
      opset,
      add: (op, inputs, attributes = {}, output = fresh(`${stem}/${op}`)) => {
        this.push({ op, domain: "", name: output, inputs, outputs: [output], attributes });
        return output;
      },
      constant: (tensor) => this.addConstant(fresh(`${stem}/constant`), tensor),
      known: (value) => this.known(value),
      rank: (value) => this.ownRank(value),
    };
    return upgrades.get(node.op)?.(node, context) ?? node;
  }

  private withSubgraphs(node: Node, opset: number): Node {
    if (subgraphsOf(node).length === 0) return node;
    const inner = (a: Attribute): Attribute =>
      a.kind === "graph" ? { ...a, value: new Scope(a.value, this.file, this).upgraded(opset) } : a;
    const entries = Object.entries(node.attributes).map(([name, a]) => [name, inner(a)]);
    return { ...node, attributes: Object.fromEntries(entries) };
  }
}

/** The number of axes of an output if the operator alone determines it. */
function rankOf({ op, inputs }: Node, known: (value: string) => Tensor | undefined): number | undefined {
  if (op === "Flatten" || op === "Gemm") return 2;
  return op === "Reshape" ? known(inputs[1] ?? "")?.data.length : undefined;
}

function constantValue(node: Node): Tensor {
  for (const [name, a] of Object.entries(node.attributes)) {
    if (a.kind === "tensor") return a.value;
    if (name === "value_float" && a.kind === "float")
      return { type: "float32", shape: [], data: Float32Array.of(a.value) };
    if (name === "value_int" && a.kind === "int") return int64([a.value], []);
    if (name === "value_floats" && a.kind === "floats")
      return { type: "float32", shape: [a.value.length], data: Float32Array.from(a.value) };
    if (name === "value_ints" && a.kind === "ints") return int64(a.value);
    if (name === "value_string" && a.kind === "string") return texts([a.value], []);
    if (name === "value_strings" && a.kind === "strings") return texts(a.value, [a.value.length]);
  }
  throw new UserError(`the constant "${titleOf(node)}" has a value that Legible does not read`);
}

const texts = (values: readonly string[], shape: readonly number[]): Tensor => ({
  type: "string",
  shape,
  data: packTexts(values.map((value) => new TextEncoder().encode(value))),
});
