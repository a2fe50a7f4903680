/** Two rows of an evaluation that are compared. */
export interface Compared {
  readonly processor: string;
  /** The row that the differences are over. */
  readonly over: string;
}

/** Whether two results compare the same rows in the same direction. */
export const samePair = (one: Compared, other: Compared): boolean =>
  one.processor === other.processor && one.over === other.over;
