import { GraphBuilder, int } from "../onnx/builder.js";
import { attribute, type Graph, type Node, valuesReadBy } from "../onnx/graph.js";
import { NCHWC } from "../onnx/nchwc-weights.js";
import { computedFrom } from "../onnx/uses.js";
import { blockedConvolution, fitsBlocks } from "./blocked-convolution.js";
import { type Pass, type PassContext, shapeOf } from "./pass.js";

/**
 * Convolutions with computed weights (those of a network in training) in the blocked layout, which the runtime itself
 * uses for constant weights only. Values stay in blocks through elementwise operators and pixel shuffles, and return to the
 * plain layout where another operator reads them.
 */
export const blockedLayout: Pass = {
  name: "blocked-layout",
  summary: "compute convolutions with computed weights in blocks of channels",
  stage: "step",
  needsShapes: true,
  cpuOnly: true,
  apply: (graph, context) => (context.block === null ? graph : new Layout(graph, context, context.block).rewrite()),
};

const arithmetic = "Add Sub Mul Div Sum Max Min Neg Abs Sqrt Exp Relu Tanh Sigmoid Cast Identity Where";
const logic = "And Or Not Equal Greater GreaterOrEqual Less LessOrEqual";
const elementwise = new Set(`${arithmetic} ${logic}`.split(" "));

const isElementwise = ({ op, domain, outputs }: Node): boolean =>
  elementwise.has(op) && domain === "" && outputs.length === 1;

/** The walk over a graph that keeps track of the layouts in which each value exists. */
class Layout {
  private readonly b: GraphBuilder;
  /** The names of values in the blocked layout. */
  private readonly blocked = new Map<string, string>();
  /** Values that do not exist in the plain layout yet. */
  private readonly blockedOnly = new Set<string>();
  /** Values computed from the graph's inputs: everything but constants. */
  private readonly variable: ReadonlySet<string>;
  /** Values that a convolution or pixel shuffle in blocks reads, directly or after elementwise operators. */
  private readonly neededInBlocks: ReadonlySet<string>;

  constructor(
    private readonly graph: Graph,
    private readonly context: PassContext,
    private readonly block: number,
  ) {
    this.b = GraphBuilder.rewriting(graph);
    this.variable = computedFrom(
      graph,
      graph.inputs.map(({ name }) => name),
    );
    this.neededInBlocks = this.findNeededInBlocks();
  }

  rewrite(): Graph {
    for (const node of this.graph.nodes) {
      if (this.isBlockedConvolution(node)) this.convolve(node);
      else if (this.isBlockedShuffle(node)) this.shuffle(node);
      else if (this.isBlockedElementwise(node)) this.computeInBlocks(node);
      else if (this.isTotalOfBlocks(node)) this.sum(node);
      else this.keep(node);
    }
    for (const { name } of this.graph.outputs) this.requirePlain(name);
    return this.b.build(this.graph.metadata);
  }

  private findNeededInBlocks(): Set<string> {
    const needed = new Set<string>();
    for (const node of this.graph.nodes.toReversed()) {
      const { inputs, outputs } = node;
      if (this.isBlockedConvolution(node) || this.isBlockedShuffle(node)) needed.add(inputs[0] ?? "");
      else if (isElementwise(node) && needed.has(outputs[0] ?? "")) for (const value of inputs) needed.add(value);
    }
    return needed;
  }

  /** The name of the value in the blocked layout; a reordering is added if there is none yet. */
  private inBlocks(value: string): string {
    const known = this.blocked.get(value) ?? this.b.addCustom(NCHWC, "ReorderInput", [value], {});
    this.blocked.set(value, known);
    return known;
  }

  /** Adds a reordering if the value does not exist in the plain layout yet. */
  private requirePlain(value: string): void {
    if (!this.blockedOnly.delete(value)) return;
    const channels = int(shapeOf(this.context, value)[1] ?? 1);
    this.b.addCustom(NCHWC, "ReorderOutput", [this.blocked.get(value) as string], { channels }, value);
  }

  private keep(node: Node): void {
    for (const value of valuesReadBy(node)) this.requirePlain(value);
    this.b.keep(node);
  }

  private setBlocked(value: string, name: string): void {
    this.blocked.set(value, name);
    this.blockedOnly.add(value);
  }

  private isBlockedConvolution(node: Node): boolean {
    const isConvolution = node.op === "Conv" && node.domain === "";
    return isConvolution && this.variable.has(node.inputs[1] ?? "") && fitsBlocks(node, this.context, this.block);
  }

  private convolve(node: Node): void {
    const [x = "", ...weights] = node.inputs;
    for (const weight of weights) this.requirePlain(weight);
    const fillsBlocks = (shapeOf(this.context, x)[1] ?? 0) % this.block === 0;
    if (!fillsBlocks) this.requirePlain(x);
    const input = fillsBlocks ? this.inBlocks(x) : x;
    this.setBlocked(node.outputs[0] ?? "", blockedConvolution(this.b, node, input, this.context, this.block));
  }

  private isBlockedShuffle(node: Node): boolean {
    if (node.domain !== "" || (node.op !== "DepthToSpace" && node.op !== "SpaceToDepth")) return false;
    const value = node.op === "DepthToSpace" ? node.outputs[0] : node.inputs[0];
    const shape = shapeOf(this.context, value ?? "");
    return (
      shape.length === 4 && (shape[1] ?? 1) % this.block === 0 && attribute(node, "mode", "string", "DCR") === "DCR"
    );
  }

  /** A pixel shuffle, or its reverse, moves whole blocks. */
  private shuffle(node: Node): void {
    const { b, block } = this;
    const side = attribute(node, "blocksize", "int", 1);
    const x = this.inBlocks(node.inputs[0] ?? "");
    const [n, c, h, w] = shapeOf(this.context, node.inputs[0] ?? "") as [number, number, number, number];
    const result = shapeOf(this.context, node.outputs[0] ?? "");
    const moved =
      node.op === "DepthToSpace"
        ? b.Transpose(b.Reshape(x, [n, side, side, c / side ** 2 / block, h, w, block]), [0, 3, 4, 1, 5, 2, 6])
        : b.Transpose(b.Reshape(x, [n, c / block, h / side, side, w / side, side, block]), [0, 3, 5, 1, 2, 4, 6]);
    this.setBlocked(node.outputs[0] ?? "", b.Reshape(moved, result));
  }

  /** Whether an elementwise operator needs fewer reorderings in the blocked layout than in the plain one. */
  private isBlockedElementwise(node: Node): boolean {
    const output = node.outputs[0] ?? "";
    if (!isElementwise(node)) return false;
    const shape = shapeOf(this.context, output);
    if (shape.length !== 4 || (shape[1] ?? 1) % this.block !== 0) return false;
    const full = node.inputs.filter((value) => !this.isScalar(value));
    const same = full.every((value) => shapeOf(this.context, value).join() === shape.join());
    if (!same || full.length === 0) return false;
    const blockedOnly = full.filter((value) => this.blockedOnly.has(value)).length;
    const plainOnly = full.filter((value) => !this.blocked.has(value)).length;
    return blockedOnly > plainOnly || ((blockedOnly > 0 || plainOnly === 0) && this.neededInBlocks.has(output));
  }

  /** Whether a node sums all elements of a value that exists in blocks only: the order does not matter. */
  private isTotalOfBlocks({ op, domain, inputs, outputs }: Node): boolean {
    return (
      op === "ReduceSum" && domain === "" && this.blockedOnly.has(inputs[0] ?? "") && this.isScalar(outputs[0] ?? "")
    );
  }

  private sum(node: Node): void {
    const [x = "", ...axes] = node.inputs;
    this.b.keep({ ...node, inputs: [this.inBlocks(x), ...axes] });
  }

  private isScalar(value: string): boolean {
    return value === "" || shapeOf(this.context, value).every((size) => size === 1);
  }

  private computeInBlocks(node: Node): void {
    const inputs = node.inputs.map((value) => (this.isScalar(value) ? value : this.inBlocks(value)));
    this.setBlocked(node.outputs[0] ?? "", this.b.add(node.op, inputs, node.attributes));
  }
}
