/** How many names a message lists before it counts the rest. */
const MOST = 12;

/** Names for a message: "a, b, c and 5 more". */
export function listed(names: readonly string[]): string {
  const rest = names.length - MOST;
  return `${names.slice(0, MOST).join(", ") || "none"}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Rows as text in columns that line up, each behind `indent` spaces; numbers stand where the caller pads them. */
export function columns(rows: readonly (readonly string[])[], indent = 2): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return rows.map((row) => {
    const cells = row.map((cell, i) => cell.padEnd(widths[i] ?? 0));
    return (" ".repeat(indent) + cells.join("  ")).trimEnd();
  });
}

/** A shape for people: [1, 3, 224, 224]. */
export const bracketed = (shape: readonly (number | string)[]): string => `[${shape.join(", ")}]`;

/** A size for people: 812 B, 4.9 MB. */
export function byteCount(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${["B", "kB", "MB", "GB"][power]}`;
}
