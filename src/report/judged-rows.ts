import { dirname } from "node:path";
import type { MeasuredRow } from "../evaluation/measured-image.js";
import type { Measurements } from "../evaluation/measurements.js";
import { rankOf } from "../metrics/ranking.js";
import type { RowPair } from "./document.js";

/**
 * The pairs of rows whose flips a report shows: each processor over "plain", or over the first one if none has that name; a
 * single processor over "none".
 * @param names of the rows: "none" first, "clean" last.
 * @param others rows that are no processors, such as a control, and have no pairs.
 */
export function shownPairs(names: readonly string[], others: readonly string[] = []): RowPair[] {
  const rows = [...names.keys()].slice(1, -1).filter((row) => !others.includes(names[row] as string));
  const [first, ...further] = rows;
  if (first === undefined) return [];
  if (further.length === 0) return [[first, 0]];
  const base = rows.find((row) => names[row] === "plain") ?? first;
  return rows.filter((row) => row !== base).map((row) => [row, base] as const);
}

/** The classifiers among the judges: their indices. */
export const classifiersIn = ({ judges, images }: Measurements): number[] =>
  [...judges.keys()].filter((judge) => images[0]?.rows[0]?.predictions[judge]?.kind === "class");

/** The classes that a judge ranks first in a row's image. */
export function rankedIn(row: MeasuredRow | undefined, judge: number) {
  const prediction = row?.predictions[judge];
  return prediction?.kind === "class" ? prediction.ranked : [];
}

/** Whether a judge's first class is the image's, as accuracies count it. */
export const isRight = (row: MeasuredRow | undefined, judge: number, label: number | null): boolean =>
  label !== null && rankOf(rankedIn(row, judge), label) === 0;

/** Names of classes, each once, in the order in which they are first needed. */
export class NameList {
  readonly names: string[] = [];
  private readonly places = new Map<string, number>();

  constructor(private readonly nameOf: (label: number) => string) {}

  /** The place of a class's name; -1 without a class. */
  place(label: number | null | undefined): number {
    if (label === null || label === undefined) return -1;
    const name = this.nameOf(label);
    const known = this.places.get(name);
    if (known !== undefined) return known;
    this.places.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

/** File names without the folder that all of them share. */
export function shortTitles(files: readonly string[]): string[] {
  const [first = "", ...others] = files;
  let folder = dirname(first);
  while (folder !== dirname(folder) && !others.every((file) => file.startsWith(`${folder}/`))) folder = dirname(folder);
  const prefix = folder === "." || folder === "/" ? "" : `${folder}/`;
  return files.map((file) => (file.startsWith(prefix) ? file.slice(prefix.length) : file));
}
