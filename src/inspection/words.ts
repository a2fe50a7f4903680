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
