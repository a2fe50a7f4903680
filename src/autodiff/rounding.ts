import type { Graph, Node } from "../onnx/graph.js";
import type { DataType } from "../onnx/tensor.js";
import { isFloat, isInteger } from "../onnx/types.js";
import { computedFrom, type Uses, usesOf } from "../onnx/uses.js";

type Types = ReadonlyMap<string, DataType>;

/** Whether a node rounds: Floor, Ceil, Round, and a cast of floating-point numbers to integers. */
export function rounds({ op, domain, inputs, outputs }: Node, types: Types): boolean {
  if (domain !== "") return false;
  if (op === "Floor" || op === "Ceil" || op === "Round") return true;
  const isCast = op === "Cast" || op === "CastLike";
  return isCast && isFloat(types.get(inputs[0] ?? "")) && isInteger(types.get(outputs[0] ?? ""));
}

/**
 * The nodes that round a value which is then combined with the same value unrounded, such as x - floor(x): the weights of
 * an interpolation that is written out, a remainder. There the derivative of rounding is 0, as in PyTorch, because the
 * gradient passes through the unrounded value. x + (round(x) - x), the straight-through estimate written out, is none.
 * @param isFlat whether the outputs of a node are piecewise constant.
 */
export function roundedBesideSource(graph: Graph, types: Types, isFlat: (node: Node) => boolean): ReadonlySet<Node> {
  const rounding = graph.nodes.filter((node) => rounds(node, types));
  if (rounding.length === 0) return new Set();
  const uses = usesOf(graph);
  const inputs = graph.inputs.map(({ name }) => name);
  const fromData = computedFrom(graph, inputs, (node) => !isFlat(node));
  const context = { uses, types, fromData };
  return new Set(rounding.filter((node) => meetsSource(node, context)));
}

interface Context {
  readonly uses: Uses;
  readonly types: Types;
  /** The values that vary with the graph's inputs, those of flat operators excepted. */
  readonly fromData: ReadonlySet<string>;
}

/** Operators that rearrange their first input. */
const rearranging = new Set(
  "Identity Cast CastLike Reshape Flatten Squeeze Unsqueeze Transpose Expand Slice Split Gather Tile Concat".split(" "),
);
/** Elementwise operators, with one operand from data or with several. */
const elementwise = new Set("Add Sub Mul Div Min Max Sum Mean Pow Where Clip Neg Abs Floor Ceil Round".split(" "));

/** Whether a node changes one value from data element by element, or rearranges it. */
const isClose = ({ op, domain, inputs }: Node, { fromData }: Context): boolean =>
  domain === "" &&
  (rearranging.has(op) || elementwise.has(op)) &&
  new Set(inputs.filter((input) => fromData.has(input))).size === 1;

function meetsSource(node: Node, context: Context): boolean {
  const { uses, types } = context;
  const rounded = closeDescendants(node.outputs, context, () => true);
  const sources = closeDescendants(
    closeAncestors(node.inputs[0] ?? "", context),
    context,
    (reader) => !rounds(reader, types),
  );
  const joins = (each: Node) => elementwise.has(each.op) && each.inputs.some((input) => sources.has(input));
  const meeting = [...rounded].flatMap((value) => uses.readers.get(value) ?? []).filter(joins);
  return meeting.some((each) => {
    const next = uses.soleReader(each.outputs[0] ?? "");
    const isWrittenOut = each.op === "Sub" && next !== undefined && joins(next) && /^(Add|Sub)$/.test(next.op);
    return !isWrittenOut;
  });
}

/** The value, and those that it is computed from by close nodes. */
function closeAncestors(value: string, context: Context): Set<string> {
  const found = new Set([value]);
  for (const each of found) {
    const producer = context.uses.producers.get(each);
    if (producer && isClose(producer, context))
      for (const input of producer.inputs) if (context.fromData.has(input)) found.add(input);
  }
  return found;
}

/** The values, and those that close nodes compute from them. */
function closeDescendants(values: Iterable<string>, context: Context, passes: (reader: Node) => boolean): Set<string> {
  const found = new Set(values);
  for (const each of found)
    for (const reader of context.uses.readers.get(each) ?? [])
      if (isClose(reader, context) && passes(reader)) for (const output of reader.outputs) found.add(output);
  return found;
}
