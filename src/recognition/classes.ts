import { classOf } from "../data/annotation.js";
import { type Item, titleOf } from "../data/item.js";
import { UserError } from "../errors.js";
import type { ValueInfo } from "../onnx/graph.js";
import { suggestion } from "./file-outputs.js";

/** The classes that a classifier can predict. */
export interface KnownClasses {
  readonly name: string;
  /** Number of class scores; the classes are 0 to `classes` - 1. */
  readonly classes: number;
  /** The classes of its training data, if they are known and not all. */
  readonly learned?: ReadonlySet<number>;
  /** The outputs of its file, for the message. */
  readonly fileOutputs?: readonly ValueInfo[];
}

/**
 * Checks that a classifier can predict the classes of images.
 * @param attempt the operation, for the message, such as "judge".
 * @throws UserError when an image has no class, or its class has no score or was not in the classifier's training data.
 */
export function requireClasses(
  { name, classes, learned, fileOutputs = [] }: KnownClasses,
  items: readonly Item[],
  attempt: string,
): void {
  const fail = (item: Item, reason: string) =>
    new UserError(`cannot ${attempt} ${name} on ${titleOf(item)}: ${reason}`);
  for (const item of items) {
    const label = classOf(item);
    if (label === null) throw fail(item, lacking(item, "class"));
    if (label >= classes)
      throw fail(
        item,
        `its class is ${label}, but ${name} has ${classes} classes, from 0${suggestion(fileOutputs, (numbers) => numbers > label) || remedy}`,
      );
    if (learned && !learned.has(label))
      throw fail(item, `its class is ${label}, but ${name} was trained only on ${rangesOf(learned)}${remedy}`);
  }
}

/** What each kind of annotation is called in messages. */
const annotations = { class: "class", boxes: "boxes", "label-map": "label map", none: "annotation" } as const;

/** The reason why a judge cannot judge an image: it lacks the annotation that is needed. */
export function lacking({ annotation: { kind } }: Item, needed: keyof typeof annotations): string {
  const other = kind === "none" ? "" : `; its annotation is ${kind === "boxes" ? "" : "a "}${annotations[kind]}`;
  return `the image has no ${annotations[needed]}${other}`;
}

const remedy = "; choose images of other classes, or another recognizer";

/** "0-4, 7" */
export function rangesOf(numbers: Iterable<number>): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(", ");
}
