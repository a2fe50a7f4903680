import { printable } from "../printable.js";

/** The most names that a message lists. */
const MAX_LISTED = 12;

/** Joins names for a message: "a, b, c and 5 more". */
export function listed(names: readonly string[]): string {
  const rest = names.length - MAX_LISTED;
  return `${names.slice(0, MAX_LISTED).join(", ") || "none"}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Formats rows as aligned columns, each row after `indent` spaces. The caller pads numbers that should be right-aligned. */
export function columns(rows: readonly (readonly string[])[], indent = 2): string[] {
  const shown = rows.map((row) => row.map(printable));
  const widths = shown.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return shown.map((row) => {
    const cells = row.map((cell, i) => cell.padEnd(widths[i] ?? 0));
    return (" ".repeat(indent) + cells.join("  ")).trimEnd();
  });
}

/** Formats a shape: [1, 3, 224, 224]. */
export const bracketed = (shape: readonly (number | string)[]): string => `[${shape.join(", ")}]`;

/** Formats a number of bytes: 812 B, 4.90 MB. */
export function byteCount(bytes: number): string {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${["B", "kB", "MB", "GB"][power]}`;
}
