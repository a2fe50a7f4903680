import { type GraphBuilder, int, string } from "../../onnx/builder.js";
import type { Node } from "../../onnx/graph.js";
import { int64, sizeOf, toNumbers } from "../../onnx/tensor.js";
import {
  alongAxis,
  axisOf,
  intOf,
  noGradient,
  picking,
  type Rule,
  type RuleContext,
  range,
  stringOf,
  withLimits,
} from "../rule.js";

/** A tensor of zeros, each slice of `updates` added at its index of `indices` [..., depth]. */
const scatterAdd = (b: GraphBuilder, into: readonly number[], indices: string, updates: string) =>
  b.add("ScatterND", [b.filled(0, into), indices, updates], { reduction: string("add") });

/** A tensor of zeros, each element of `updates` added at its own position with the index along one axis replaced. */
export const scatterElements = (
  b: GraphBuilder,
  into: readonly number[],
  indices: string,
  updates: string,
  axis: number,
) => b.add("ScatterElements", [b.filled(0, into), indices, updates], { axis: int(axis), reduction: string("add") });

/** y = x[indices] along an axis. dx sums the slices of dy at their indices. */
export const Gather: Rule = (context) => {
  const { b, node, inputs, outputs, grads, shape, known } = context;
  const x = shape(inputs[0]);
  const axis = axisOf(intOf(node, "axis", 0), x.length);
  const size = x[axis] ?? 1;
  const count = sizeOf(shape(inputs[1]));
  const parts = x.map((s, a) => (a === axis ? count : s));
  const dy = b.reshaped(grads[0], shape(outputs[0]), parts);
  const constant = known(inputs[1]);
  if (constant) {
    const indices = toNumbers(constant).map((index) => (index < 0 ? index + size : index));
    return [alongAxis(context, dy, axis, picking(b, indices, size))];
  }
  const perm = [axis, ...range(x.length).filter((a) => a !== axis)];
  const first = perm.map((a) => x[a] ?? 1);
  const indices = b.Cast(b.Reshape(inputs[1], [count, 1]), "int64");
  const sums = scatterAdd(b, first, indices, b.Transpose(dy, perm));
  return [
    b.Transpose(
      sums,
      range(perm.length).map((a) => perm.indexOf(a)),
    ),
  ];
};

/** y = x at each position with the index along one axis replaced. dx sums dy there. */
export const GatherElements: Rule = ({ b, node, inputs: [x, indices], grads: [dy], shape }) => [
  scatterElements(b, shape(x), indices, dy, intOf(node, "axis", 0)),
];

/** y = the k largest (smallest) elements along an axis. dx has dy at their indices, the second output, and 0 elsewhere. */
export const TopK = withLimits(
  "needs its indices output",
  ({ b, node, inputs: [x], outputs, grads, shape, refuse }) => {
    const [, indices] = outputs;
    if (!indices) throw refuse("lacks its second output, the indices");
    return [scatterElements(b, shape(x), indices, grads[0], intOf(node, "axis", -1))];
  },
);

/** y = one of two values where the index equals the position along an axis. */
export const OneHot = withLimits("no gradient to the values", noGradient);
/** y = start + i·delta. */
export const Range = withLimits("no gradient to start and delta", noGradient);

/** y = slices of x at indices [..., depth]. dx sums dy there. */
export const GatherND: Rule = (context) => {
  const { b, inputs, grads, shape } = context;
  return [scatterAdd(b, shape(inputs[0]), fullIndices(context), grads[0])];
};

/** The indices of a GatherND preceded by those along the batch axes, as ScatterND needs them. */
function fullIndices({ b, node, inputs, shape }: RuleContext): string {
  const batchAxes = intOf(node, "batch_dims", 0);
  if (batchAxes === 0) return inputs[1];
  const positions = shape(inputs[1]).slice(0, -1);
  const alongBatch = range(batchAxes).map((axis) => {
    const stride = sizeOf(positions.slice(axis + 1));
    const data = range(sizeOf(positions)).map((i) => Math.floor(i / stride) % (positions[axis] ?? 1));
    return b.constant(int64(data, [...positions, 1]));
  });
  return b.Concat([...alongBatch, inputs[1]], positions.length);
}

const scatterLimits =
  "reductions none, add, max and min; with none the indices must differ; equal extremes share the gradient";

/** y = x with the slices at some indices replaced by updates (reduction none), increased by them (add), or the extremes of both. */
export const ScatterND = withLimits(scatterLimits, (context) => {
  const { b, inputs, grads, needsGrad, shape } = context;
  const [[, indices, updates], [dy]] = [inputs, grads];
  const reduction = reductionOf(context);
  if (reduction === "max" || reduction === "min") return toExtremes(context, "GatherND", {});
  const added = reduction === "add";
  return [
    needsGrad[0] ? (added ? dy : b.add("ScatterND", [dy, indices, b.filled(0, shape(updates))])) : null,
    null,
    needsGrad[2] ? b.add("GatherND", [dy, indices]) : null,
  ];
});

/** y = x with some elements along an axis replaced by updates (reduction none), increased by them (add), or the extremes of both. */
export const ScatterElements = withLimits(scatterLimits, (context) => {
  const { b, node, inputs, grads, needsGrad, shape } = context;
  const [[, indices, updates], [dy]] = [inputs, grads];
  const axis = { axis: int(intOf(node, "axis", 0)) };
  const reduction = reductionOf(context);
  if (reduction === "max" || reduction === "min") return toExtremes(context, "GatherElements", axis);
  const added = reduction === "add";
  return [
    needsGrad[0] ? (added ? dy : b.add("ScatterElements", [dy, indices, b.filled(0, shape(updates))], axis)) : null,
    null,
    needsGrad[2] ? b.add("GatherElements", [dy, indices], axis) : null,
  ];
});

/** The elements of x and the updates that equal the extreme y of their position share dy there, as in PyTorch. */
function toExtremes(
  { b, node, inputs: [x, indices, updates], outputs: [y], grads: [dy], needsGrad }: RuleContext,
  gather: "GatherND" | "GatherElements",
  axis: Node["attributes"],
): (string | null)[] {
  const at = (value: string) => b.add(gather, [value, indices], axis);
  const equal = (one: string, other: string) => b.Cast(b.Equal(one, other), "float32");
  const [kept, taken] = [equal(x, y), equal(updates, at(y))];
  const winners = b.add(node.op, [kept, indices, taken], { ...axis, reduction: string("add") });
  const share = b.Div(dy, winners);
  return [needsGrad[0] ? b.Mul(kept, share) : null, null, needsGrad[2] ? b.Mul(taken, at(share)) : null];
}

function reductionOf({ node, refuse }: RuleContext): string {
  const reduction = stringOf(node, "reduction", "none");
  if (["none", "add", "max", "min"].includes(reduction)) return reduction;
  throw refuse(`has the reduction "${reduction}"`);
}
