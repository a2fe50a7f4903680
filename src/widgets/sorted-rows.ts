export type SortDirection = "ascending" | "descending";

/** Names with numbers are sorted by the numbers: "image 2" before "image 10". */
const collator = new Intl.Collator("en", { numeric: true });

/**
 * Rows sorted by a value. Rows of equal values keep their order; null and NaN come last in both directions.
 * @param rows places of rows, in their order.
 */
export function sortedRows(
  rows: readonly number[],
  by: (row: number) => number | string | null,
  direction: SortDirection,
): number[] {
  const values = new Map(rows.map((row) => [row, known(by(row))]));
  const sign = direction === "ascending" ? 1 : -1;
  return rows.toSorted((a, b) => {
    const [one, other] = [values.get(a) ?? null, values.get(b) ?? null];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * compared(one, other);
  });
}

const known = (value: number | string | null): number | string | null => (Number.isNaN(value) ? null : value);

const compared = (a: number | string, b: number | string): number =>
  // Subtracting equal infinities would give NaN.
  typeof a === "number" && typeof b === "number" ? Number(a > b) - Number(a < b) : collator.compare(`${a}`, `${b}`);
