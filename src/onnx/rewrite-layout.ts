import type { GraphBuilder } from "./builder.js";

/** Axes of a tensor with the channels last, in the order of channels first: 0, n - 1, 1, …, n - 2. */
const toFirst = (rank: number) => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
/** Axes of a tensor with the channels first, in the order of channels last: 0, 2, …, n - 1, 1. */
const toLast = (rank: number) => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

/** [N, …, C] as [N, C, …]. */
export const channelsFirst = (b: GraphBuilder, x: string, rank: number): string => b.Transpose(x, toFirst(rank));

/** [N, C, …] as [N, …, C]. */
export const channelsLast = (b: GraphBuilder, x: string, rank: number): string => b.Transpose(x, toLast(rank));

/** x with its last two axes transposed, whatever its rank. */
export const swapLast = (b: GraphBuilder, x: string): string =>
  b.add("Einsum", [x], { equation: { kind: "string", value: "...ij->...ji" } });
