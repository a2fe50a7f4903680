import { GraphBuilder, int } from "../onnx/builder.js";
import { attribute, type Graph, type Node, valuesReadBy } from "../onnx/graph.js";
import { NCHWC } from "./block-size.js";
import { blockedConvolution, fitsBlocks } from "./blocked-convolution.js";
import { type Pass, type PassContext, shapeOf } from "./pass.js";

/**
 * Convolutions whose weights are computed (those of a network in training) in the runtime's blocked layout, which it
 * otherwise keeps for constant weights. Values stay in that layout through operators that work on each element by itself
 * and through pixel shuffles; they are laid back where somebody else reads them.
 */
export const blockedLayout: Pass = {
  name: "blocked-layout",
  summary: "convolutions with computed weights in blocks of channels",
  stage: "step",
  needsShapes: true,
  cpuOnly: true,
  apply: (graph, context) => (context.block === null ? graph : new Layout(graph, context, context.block).rewrite()),
};

/** Operators that work on each element by itself. */
const arithmetic = "Add Sub Mul Div Sum Max Min Neg Abs Sqrt Exp Relu Tanh Sigmoid Cast Identity Where";
const logic = "And Or Not Equal Greater GreaterOrEqual Less LessOrEqual";
const elementwise = new Set(`${arithmetic} ${logic}`.split(" "));

class Layout {
  private readonly b: GraphBuilder;
  /** Under which name a value stands in blocks. */
  private readonly blocked = new Map<string, string>();
  /** Values that exist in blocks only, so far. */
  private readonly missing = new Set<string>();
  private readonly readers = new Map<string, Node[]>();
  private readonly variable: Set<string>;
  private readonly wanted = new Map<string, boolean>();

  constructor(
    private readonly graph: Graph,
    private readonly context: PassContext,
    private readonly block: number,
  ) {
    this.b = GraphBuilder.rewriting(graph);
    for (const node of graph.nodes)
      for (const value of new Set(valuesReadBy(node)))
        this.readers.set(value, [...(this.readers.get(value) ?? []), node]);
    this.variable = new Set(graph.inputs.map(({ name }) => name));
    for (const node of graph.nodes)
      if (valuesReadBy(node).some((value) => this.variable.has(value)))
        for (const output of node.outputs) this.variable.add(output);
  }

  rewrite(): Graph {
    for (const node of this.graph.nodes) {
      if (this.takesConvolution(node)) this.convolve(node);
      else if (this.takesShuffle(node)) this.shuffle(node);
      else if (this.takesElementwise(node)) this.computeInBlocks(node);
      else if (this.takesSum(node)) this.sum(node);
      else this.keep(node);
    }
    for (const { name } of this.graph.outputs) this.plain(name);
    return this.b.build(this.graph.metadata);
  }

  /** The value in blocks, laid so now if it is not yet. */
  private inBlocks(value: string): string {
    const known = this.blocked.get(value) ?? this.b.addCustom(NCHWC, "ReorderInput", [value], {});
    this.blocked.set(value, known);
    return known;
  }

  /** Sees to it that the value exists in the ordinary layout. */
  private plain(value: string): void {
    if (!this.missing.delete(value)) return;
    const channels = int(shapeOf(this.context, value)[1] ?? 1);
    this.b.addCustom(NCHWC, "ReorderOutput", [this.blocked.get(value) as string], { channels }, value);
  }

  private keep(node: Node): void {
    for (const value of valuesReadBy(node)) this.plain(value);
    this.b.keep(node);
  }

  private setBlocked(value: string, name: string): void {
    this.blocked.set(value, name);
    this.missing.add(value);
  }

  private takesConvolution(node: Node): boolean {
    return node.op === "Conv" && this.variable.has(node.inputs[1] ?? "") && fitsBlocks(node, this.context, this.block);
  }

  private convolve(node: Node): void {
    const [x = "", ...weights] = node.inputs;
    for (const weight of weights) this.plain(weight);
    const wide = (shapeOf(this.context, x)[1] ?? 0) % this.block === 0;
    if (!wide) this.plain(x);
    this.setBlocked(
      node.outputs[0] ?? "",
      blockedConvolution(this.b, node, wide ? this.inBlocks(x) : x, this.context, this.block),
    );
  }

  private takesShuffle(node: Node): boolean {
    if (node.op !== "DepthToSpace" && node.op !== "SpaceToDepth") return false;
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

  /** Whether a node works element by element on values in blocks, and everybody is better off when it goes on so. */
  private takesElementwise(node: Node): boolean {
    const output = node.outputs[0] ?? "";
    if (!elementwise.has(node.op) || node.domain !== "" || node.outputs.length > 1) return false;
    const shape = shapeOf(this.context, output);
    if (shape.length !== 4 || (shape[1] ?? 1) % this.block !== 0) return false;
    const full = node.inputs.filter((value) => !this.isNumber(value));
    const same = full.every((value) => shapeOf(this.context, value).join() === shape.join());
    if (!same || full.length === 0) return false;
    const only = full.filter((value) => this.missing.has(value)).length;
    const others = full.filter((value) => !this.blocked.has(value)).length;
    return (
      only > others || (only > 0 && this.isWantedInBlocks(output)) || (others === 0 && this.isWantedInBlocks(output))
    );
  }

  /** Whether a node adds up all elements of a value that stands in blocks only: their order does not matter. */
  private takesSum({ op, inputs, outputs }: Node): boolean {
    return op === "ReduceSum" && this.missing.has(inputs[0] ?? "") && this.isNumber(outputs[0] ?? "");
  }

  private sum(node: Node): void {
    const [x = "", ...axes] = node.inputs;
    this.b.keep({ ...node, inputs: [this.inBlocks(x), ...axes] });
  }

  private isNumber(value: string): boolean {
    return value === "" || shapeOf(this.context, value).every((size) => size === 1);
  }

  /** Whether somebody further on works in blocks. Remembered: the ways through a residual network are many. */
  private isWantedInBlocks(value: string): boolean {
    const known = this.wanted.get(value) ?? this.looksForBlocks(value);
    this.wanted.set(value, known);
    return known;
  }

  private looksForBlocks(value: string): boolean {
    const readers = this.readers.get(value) ?? [];
    return readers.some(
      (reader) =>
        (reader.inputs[0] === value && (this.takesConvolution(reader) || this.takesShuffle(reader))) ||
        (elementwise.has(reader.op) && this.isWantedInBlocks(reader.outputs[0] ?? "")),
    );
  }

  private computeInBlocks(node: Node): void {
    const inputs = node.inputs.map((value) => (this.isNumber(value) ? value : this.inBlocks(value)));
    this.setBlocked(node.outputs[0] ?? "", this.b.add(node.op, inputs, node.attributes));
  }
}
