import { classOf } from "../data/annotation.js";
import { type Item, titleOf } from "../data/item.js";
import { UserError } from "../errors.js";
import type { Recognizer } from "./recognizer.js";

/** What a recognizer can tell of an image's class. */
export interface KnownClasses {
  readonly name: string;
  /** Scores that it gives, for class 0 and on. */
  readonly classes: number;
  /** The classes that it was shown in training, where that is known and not all of them. */
  readonly learned?: ReadonlySet<number>;
}

/**
 * @param attempt what the images are for, such as "judge".
 * @throws UserError when an image has no class, or one that the recognizer gives no score for or was never shown.
 */
export function requireClasses(
  { name, classes, learned }: KnownClasses,
  items: readonly Item[],
  attempt: string,
): void {
  const fail = (item: Item, reason: string) =>
    new UserError(`cannot ${attempt} ${name} on ${titleOf(item)}: ${reason}`);
  for (const item of items) {
    const label = classOf(item);
    if (label === null) throw fail(item, "the image has no class");
    if (label >= classes)
      throw fail(item, `its class is ${label}, but ${name} knows ${classes} classes, from 0${instead}`);
    if (learned && !learned.has(label))
      throw fail(item, `its class is ${label}, but ${name} learned ${rangesOf(learned)} only${instead}`);
  }
}

const instead = "; choose images of other classes, or another recognizer";

/**
 * The same of a recognizer that is ready: it is asked about a black image, to count its scores.
 * @throws UserError likewise.
 */
export async function requireRecognizes(
  recognizer: Recognizer,
  items: readonly Item[],
  attempt: string,
): Promise<void> {
  const { length: classes } = await recognizer.logits(new Float32Array(3 * recognizer.size ** 2), 1);
  requireClasses({ ...recognizer, classes }, items, attempt);
}

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
