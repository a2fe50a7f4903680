/** A pixel of a line as a weighted sum of the pixels `first`, `first + 1`, … of another line. */
export interface WeightedPixels {
  readonly first: number;
  readonly weights: Float64Array;
}

/** A linear operator on lines of pixels, such as a blur or a resizing: one entry per pixel of its result. */
export type LineOperator = readonly WeightedPixels[];

/**
 * The operator that applies `inner` and then `outer`.
 * @param width number of pixels that `inner` reads
 */
export const composed = (outer: LineOperator, inner: LineOperator, width: number): LineOperator =>
  outer.map(({ first, weights }) => {
    const row = new Float64Array(width);
    for (const [i, weight] of weights.entries()) {
      const source = inner[first + i] as WeightedPixels;
      for (const [j, part] of source.weights.entries())
        row[source.first + j] = (row[source.first + j] as number) + weight * part;
    }
    return trimmed(row);
  });

/** A row of weights without the zeros at its ends. */
export function trimmed(row: Float64Array): WeightedPixels {
  const first = row.findIndex((weight) => weight !== 0);
  return { first, weights: row.slice(first, row.findLastIndex((weight) => weight !== 0) + 1) };
}

/** Writes an operator as a matrix [pixels of the result, width] into `matrix` from `offset` on, whose values there must be 0. */
export function writeMatrix(operator: LineOperator, width: number, matrix: Float32Array, offset: number): void {
  for (const [i, { first, weights }] of operator.entries()) matrix.set(weights, offset + i * width + first);
}
