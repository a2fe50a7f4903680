import type { Figure, FigureColumn, NumberColumn, TextColumn } from "./document.js";

/** A value with its 95 % interval, where it has them, as one of the page. */
export const figureOf = (
  found: { readonly value: number | null; readonly ci95: readonly [low: number, high: number] | null } | undefined,
): Figure => (found?.value == null ? null : found.ci95 ? [found.value, ...found.ci95] : [found.value]);

/** Makes columns of a table, whose values are taken from its rows. */
export interface Columns<Row> {
  text(title: string, of: (row: Row, index: number) => string): TextColumn;
  /** @param digits after the decimal point. Default: 0, for counts. */
  number(title: string, of: (row: Row, index: number) => number | null, digits?: number): NumberColumn;
  /** @param unit of the values, such as "%". */
  figure(title: string, unit: string, of: (row: Row, index: number) => Figure, digits?: number): FigureColumn;
  /** Gains in points, from which 0 is told apart. */
  points(title: string, of: (row: Row, index: number) => Figure): FigureColumn;
}

/** The columns of a table that has these rows. */
export const columnsOf = <Row>(rows: readonly Row[]): Columns<Row> => ({
  text: (title, of) => ({ kind: "text", title, values: rows.map(of) }),
  number: (title, of, digits = 0) => ({ ...{ kind: "number", title, digits }, values: rows.map(of) }),
  figure: (title, unit, of, digits = 1) => ({ ...{ kind: "figure", title, unit, digits }, values: rows.map(of) }),
  points: (title, of) => ({
    ...{ kind: "figure", title, unit: "points", digits: 1, signed: true, reference: 0 },
    values: rows.map(of),
  }),
});
