import { type GraphBuilder, int, string } from "../../onnx/builder.js";
import { int64, sizeOf, toNumbers } from "../../onnx/tensor.js";
import {
  alongAxis,
  axisOf,
  cannotDifferentiate,
  intOf,
  picking,
  type Rule,
  type RuleContext,
  range,
  stringOf,
} from "../rule.js";

/** Adds each slice of `updates` to the place of a zero tensor that `indices` [..., depth] names. */
const scatterAdd = (b: GraphBuilder, into: readonly number[], indices: string, updates: string) =>
  b.add("ScatterND", [b.filled(0, into), indices, updates], { reduction: string("add") });

/** Adds each element of `updates` to a zero tensor, at its own place with the index along one axis replaced. */
export const scatterElements = (
  b: GraphBuilder,
  into: readonly number[],
  indices: string,
  updates: string,
  axis: number,
) => b.add("ScatterElements", [b.filled(0, into), indices, updates], { axis: int(axis), reduction: string("add") });

/** y = x[indices] along an axis. dx adds each part of dy to the place it was taken from. */
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

/** y = at each place x at the same place with the index along one axis replaced. dx adds dy up there. */
export const GatherElements: Rule = ({ b, node, inputs: [x, indices], grads: [dy], shape }) => [
  scatterElements(b, shape(x), indices, dy, intOf(node, "axis", 0)),
];

/** The largest (smallest) elements along an axis and their places: dx puts dy there. The places carry no gradient. */
export const TopK: Rule = ({ b, node, inputs: [x], outputs: [, indices], grads: [dy], shape }) => [
  scatterElements(b, shape(x), indices || missingIndices(node.name), dy, intOf(node, "axis", -1)),
];

const missingIndices = (name: string): string => {
  throw cannotDifferentiate("TopK", name, "its second output (the places) is left out");
};

/** y = slices of x at places [..., depth]. dx adds dy up there. */
export const GatherND: Rule = (context) => {
  const { b, inputs, grads, shape } = context;
  return [scatterAdd(b, shape(inputs[0]), fullPlaces(context), grads[0])];
};

/** The places of a GatherND with the batch axes' own indices put before them, as a ScatterND needsGrad them. */
function fullPlaces({ b, node, inputs, shape }: RuleContext): string {
  const batchAxes = intOf(node, "batch_dims", 0);
  if (batchAxes === 0) return inputs[1];
  const places = shape(inputs[1]).slice(0, -1);
  const own = range(batchAxes).map((axis) => {
    const stride = sizeOf(places.slice(axis + 1));
    const data = range(sizeOf(places)).map((i) => Math.floor(i / stride) % (places[axis] ?? 1));
    return b.constant(int64(data, [...places, 1]));
  });
  return b.Concat([...own, inputs[1]], places.length);
}

/** y = x with the slices at some places replaced by (none) or increased by (add) updates. The places must differ. */
export const ScatterND: Rule = ({ b, node, inputs: [, indices, updates], grads: [dy], needsGrad, shape }) => {
  const added = reductionOf(node) === "add";
  return [
    needsGrad[0] ? (added ? dy : b.add("ScatterND", [dy, indices, b.filled(0, shape(updates))])) : null,
    null,
    needsGrad[2] ? b.add("GatherND", [dy, indices]) : null,
  ];
};

/** y = x with some elements along an axis replaced by (none) or increased by (add) updates. The places must differ. */
export const ScatterElements: Rule = ({ b, node, inputs: [, indices, updates], grads: [dy], needsGrad, shape }) => {
  const axis = { axis: int(intOf(node, "axis", 0)) };
  const added = reductionOf(node) === "add";
  return [
    needsGrad[0] ? (added ? dy : b.add("ScatterElements", [dy, indices, b.filled(0, shape(updates))], axis)) : null,
    null,
    needsGrad[2] ? b.add("GatherElements", [dy, indices], axis) : null,
  ];
};

function reductionOf(node: RuleContext["node"]): string {
  const reduction = stringOf(node, "reduction", "none");
  if (reduction === "none" || reduction === "add") return reduction;
  throw cannotDifferentiate(node.op, node.name, `with reduction "${reduction}"`);
}
