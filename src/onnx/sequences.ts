import { int } from "./builder.js";
import type { Expand, ExpandContext } from "./expansion.js";
import { attribute, type Node } from "./graph.js";
import { int64, toNumbers } from "./tensor.js";

/*
 * Sequences whose structure is known are replaced by the tensors in them, optional values by what they hold. A node that makes
 * one stays, unless nothing reads it any more.
 */

/** The most tensors of a sequence: a chain of insertions into longer ones would take memory of the square of its length. */
const MAXIMUM_LENGTH = 1000;

/** Notes the tensors of the sequence that a node makes from them; the node stays. */
const making =
  (elements: (node: Node, context: ExpandContext) => readonly string[] | undefined): Expand =>
  (node, context) => {
    const found = elements(node, context);
    if (found && found.length <= MAXIMUM_LENGTH) context.sequences.set(node.outputs[0] ?? "", found);
    return false;
  };

/** The position that an input names, counted from the front; undefined if it is not known or outside. */
function positionOf(value: string, count: number, { known }: ExpandContext): number | undefined {
  const given = known(value)?.data[0];
  if (given === undefined) return undefined;
  const position = Number(given) < 0 ? Number(given) + count : Number(given);
  return position >= 0 && position <= count ? position : undefined;
}

const SequenceConstruct = making(({ inputs }) => inputs);
const SequenceEmpty = making(() => []);

const SequenceInsert = making(({ inputs: [sequence = "", tensor = "", position] }, context) => {
  const elements = context.sequences.get(sequence);
  const at = elements && (position ? positionOf(position, elements.length, context) : elements.length);
  return elements && at !== undefined ? elements.toSpliced(at, 0, tensor) : undefined;
});

const SequenceErase = making(({ inputs: [sequence = "", position] }, context) => {
  const elements = context.sequences.get(sequence);
  const at = elements && (position ? positionOf(position, elements.length, context) : elements.length - 1);
  return elements && at !== undefined ? elements.toSpliced(at, 1) : undefined;
});

/** A second name of a sequence, or an optional sequence. */
const passing = making(({ inputs: [sequence = ""] }, { sequences }) => sequences.get(sequence));

const SequenceAt: Expand = (node, context) => {
  const elements = context.sequences.get(node.inputs[0] ?? "");
  const at = elements && positionOf(node.inputs[1] ?? "", elements.length, context);
  const element = at === undefined ? undefined : elements?.[at];
  if (element === undefined) return false;
  context.add("Identity", [element], {}, node.outputs[0]);
  return true;
};

const SequenceLength: Expand = (node, { sequences, add, constant }) => {
  const elements = sequences.get(node.inputs[0] ?? "");
  if (!elements) return false;
  add("Identity", [constant(int64([elements.length], []))], {}, node.outputs[0]);
  return true;
};

const ConcatFromSequence: Expand = (node, { sequences, add, constant }) => {
  const elements = sequences.get(node.inputs[0] ?? "");
  if (!elements?.length) return false;
  const axis = attribute(node, "axis", "int", 0);
  const stacked = attribute(node, "new_axis", "int", 0) === 1;
  const along = stacked ? constant(int64([axis])) : "";
  const parts = stacked ? elements.map((element) => add("Unsqueeze", [element, along])) : elements;
  add("Concat", parts, { axis: int(axis) }, node.outputs[0]);
  return true;
};

/** Splits a tensor into parts of given sizes, of one size, or of size 1, then by default without that axis. */
const SplitToSequence: Expand = (node, context) => {
  const { add, addMany, constant } = context;
  const [tensor = "", split = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const axis = attribute(node, "axis", "int", 0);
  const sizes = partSizes(split, context.shape(tensor)?.at(axis), context);
  if (!sizes?.length) return false;
  const parts = addMany("Split", [tensor, constant(int64(sizes))], { axis: int(axis) }, sizes.length);
  const flat = split === "" && attribute(node, "keepdims", "int", 1) === 0;
  const along = flat ? constant(int64([axis])) : "";
  addMany("SequenceConstruct", flat ? parts.map((part) => add("Squeeze", [part, along])) : parts, {}, [output]);
  return true;
};

function partSizes(split: string, total: number | undefined, { known }: ExpandContext): number[] | undefined {
  const given = split === "" ? int64([1], []) : known(split);
  if (!given) return undefined;
  if (given.data.length > MAXIMUM_LENGTH) return undefined;
  if (given.shape.length > 0) return toNumbers(given);
  const size = Number(given.data[0]);
  if (total === undefined || size <= 0 || total > size * MAXIMUM_LENGTH) return undefined;
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => Math.min(size, total - i * size));
}

/** An optional value that holds a value, or nothing (""); the node stays. */
const Optional: Expand = ({ inputs: [content = ""], outputs: [output = ""] }, { optionals }) => {
  optionals.set(output, content);
  return false;
};

const OptionalGetElement: Expand = (node, { optionals, add }) => {
  const content = optionals.get(node.inputs[0] ?? "");
  if (!content) return false;
  add("Identity", [content], {}, node.outputs[0]);
  return true;
};

const OptionalHasElement: Expand = (node, { optionals, add, constant }) => {
  const content = optionals.get(node.inputs[0] ?? "");
  if (content === undefined) return false;
  const answer = Uint8Array.of(Number(content !== ""));
  add("Identity", [constant({ type: "bool", shape: [], data: answer })], {}, node.outputs[0]);
  return true;
};

/** How each operator on sequences is replaced. */
export const expandSequences: Readonly<Record<string, Expand>> = {
  ConcatFromSequence,
  Identity: passing,
  Optional,
  OptionalGetElement,
  OptionalHasElement,
  SequenceAt,
  SequenceConstruct,
  SequenceEmpty,
  SequenceErase,
  SequenceInsert,
  SequenceLength,
  SplitToSequence,
};
