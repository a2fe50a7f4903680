import { type GraphBuilder, string } from "../../onnx/builder.js";
import { type RuleContext, range, stringOf, unbroadcast, withLimits } from "../rule.js";

/**
 * y = the products of the operands summed over the indices that y lacks, as in "bij,bjk->bik". The gradient to an operand
 * is another Einsum: the products of dy and the other operands, summed over the indices that this operand lacks. It is
 * repeated along an index that only this operand has.
 */
export const Einsum = withLimits("no diagonals (an index twice in one operand)", (context) => {
  const { b, inputs, grads, needsGrad, shape } = context;
  const { terms, result, sizes } = indicesOf(context);
  return needsGrad.map((needed, i) => {
    if (!needed) return null;
    const own = terms[i] as string[];
    const others = terms.flatMap((term, k) => (k === i ? [] : [{ term, value: inputs[k] as string }]));
    const factors = [{ term: result, value: grads[0] }, ...others];
    const shared = own.filter((index) => factors.some(({ term }) => term.includes(index)));
    const equation = `${factors.map(({ term }) => term.join("")).join(",")}->${shared.join("")}`;
    const sum = b.add(
      "Einsum",
      factors.map(({ value }) => value),
      { equation: string(equation) },
    );
    const full = own.map((index) => sizes.get(index) ?? 1);
    return unbroadcast(b, spread(b, sum, own, shared, full), full, shape(inputs[i] as string));
  });
});

/** Repeats a sum along the indices that it lacks. */
function spread(b: GraphBuilder, sum: string, own: readonly string[], shared: readonly string[], full: number[]) {
  if (own.length === shared.length) return sum;
  const withOnes = own.map((index, axis) => (shared.includes(index) ? (full[axis] ?? 1) : 1));
  return b.Expand(b.Reshape(sum, withOnes), b.integers(full));
}

/** The equation with its ellipsis spelled out in letters that it does not use, and the size of every index. */
function indicesOf({ node, inputs, outputs, needsGrad, shape, refuse }: RuleContext) {
  const equation = stringOf(node, "equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const unused = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"].filter((c) => !equation.includes(c));
  const ranks = needsGrad.map((_, i) => shape(inputs[i] as string).length);
  const written = left.split(",").map((term) => term.replace("...", "").length);
  const widest = Math.max(0, ...ranks.map((rank, i) => rank - (written[i] ?? 0)));
  const ellipsis = unused.slice(0, widest);
  const spell = (term: string, rank: number) => {
    const [before = "", behind] = term.split("...");
    const count = rank - before.length - (behind ?? "").length;
    return behind === undefined ? [...term] : [...before, ...ellipsis.slice(widest - count), ...behind];
  };
  const terms = left.split(",").map((term, i) => spell(term, ranks[i] ?? 0));
  if (terms.some((term) => new Set(term).size < term.length)) throw refuse(`takes a diagonal ("${equation}")`);
  const result = right === undefined ? implicitResult(terms, ellipsis) : spell(right, shape(outputs[0]).length);
  const sizes = new Map<string, number>();
  for (const [i, term] of terms.entries())
    for (const axis of range(term.length)) {
      const index = term[axis] as string;
      sizes.set(index, Math.max(sizes.get(index) ?? 1, shape(inputs[i] as string)[axis] ?? 1));
    }
  return { terms, result, sizes };
}

/** Without "->" the result has the ellipsis, then the indices that appear once, in alphabetical order. */
function implicitResult(terms: readonly string[][], ellipsis: readonly string[]): string[] {
  const all = terms.flat().filter((index) => !ellipsis.includes(index));
  const once = all.filter((index) => all.indexOf(index) === all.lastIndexOf(index));
  return [...ellipsis, ...once.sort()];
}
