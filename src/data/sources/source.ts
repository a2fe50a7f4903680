import type { Item } from "../item.js";

/** Data sets that come in two parts: what is trained on, and what is judged. */
export const parts = ["train", "test"] as const;
export type Part = (typeof parts)[number];

/** What is wanted of a path given as data. */
export interface Wanted {
  /** Which one, of a data set that has several. */
  readonly part: Part;
  /** Whether the classes are looked for at all; if not, no file that says them is opened. */
  readonly withLabels: boolean;
}

/** What a path given as data holds. */
export interface Source {
  /** The folder that names of its pictures are relative to. */
  readonly root: string;
  /** In an order that depends on their names alone. */
  readonly items: readonly Item[];
  /** Where nothing but folders says the classes: the folder that stands for each item's class; "" for none. */
  readonly classFolders?: readonly string[];
  /** Pictures that are listed and not there. */
  readonly missing?: readonly Item[];
  /** What the classes are called, from class 0 on. */
  readonly classes?: readonly string[];
  /** The part that was read, of a data set that has several. */
  readonly part?: Part;
}

/** A way in which data sets are laid out on disk. */
export interface Layout {
  /** One line for the help text. */
  readonly summary: string;
  /** What the path holds; undefined when it is laid out another way. `names` are those directly in the folder. */
  open(path: string, names: ReadonlySet<string>, wanted: Wanted): Promise<Source | undefined>;
}
