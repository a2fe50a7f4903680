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
  const keys = keysOf(rows.map(by));
  const places = Array.from(rows.keys());
  const sign = direction === "ascending" ? 1 : -1;
  places.sort((a, b) => {
    const [one, other] = [keys[a] as number, keys[b] as number];
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return one === other ? 0 : one < other ? -sign : sign;
  });
  return places.map((place) => rows[place] as number);
}

/** Numbers in the order of the values; NaN for null. Each text is compared once with each other, however often it occurs. */
function keysOf(values: readonly (number | string | null)[]): Float64Array {
  const texts = [...new Set(values.filter((value) => typeof value === "string"))].sort(collator.compare);
  const ranks = new Map(texts.map((text, rank) => [text, rank]));
  return Float64Array.from(values, (value) =>
    typeof value === "string" ? (ranks.get(value) ?? Number.NaN) : (value ?? Number.NaN),
  );
}
