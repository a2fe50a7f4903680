/**
 * How many other classes are ahead of `label` in the scores [classes] that stand in `logits` from `offset` on: top-1
 * is right when the rank is 0, top-5 when it is below 5. Another class of equal score counts as ahead, and so does
 * any that cannot be compared (NaN): an output that says nothing is never right.
 */
export function rankOf(logits: Float32Array, offset: number, classes: number, label: number): number {
  const own = logits[offset + label] as number;
  let rank = 0;
  for (let other = 0; other < classes; other++)
    if (other !== label && !((logits[offset + other] as number) < own)) rank++;
  return rank;
}
