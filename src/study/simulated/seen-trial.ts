import type { StudyDefinition, StudyItem } from "../definition.js";
import type { Trial } from "../protocol.js";

/** A trial as shown, with its item and the systems on the sides, which the page does not know. */
export interface SeenTrial {
  readonly trial: number;
  readonly item: StudyItem;
  readonly left: string;
  /** Null: a naming trial. */
  readonly right: string | null;
}

/** Finds the item and systems of trials by their images and labels. */
export function trialReader({ items }: StudyDefinition): (trial: Trial) => SeenTrial {
  const byImage = new Map<string, StudyItem>();
  for (const item of items)
    for (const image of item.kind === "labels" ? [item.image] : Object.values(item.images)) byImage.set(image, item);
  return (shown) => {
    const item = byImage.get(shown.kind === "quality" ? shown.left : shown.image);
    if (item?.kind !== shown.kind) throw new Error(`trial ${shown.trial} shows an image that the study does not have`);
    const systems = Object.entries<unknown>(item.kind === "labels" ? item.labels : item.images);
    const systemOf = (content: unknown): string => {
      const found = systems.find(([, own]) => JSON.stringify(own) === JSON.stringify(content));
      if (!found) throw new Error(`trial ${shown.trial} shows a side that is of no system`);
      return found[0];
    };
    const { trial } = shown;
    if (shown.kind === "naming") return { trial, item, left: systemOf(shown.image), right: null };
    return { trial, item, left: systemOf(shown.left), right: systemOf(shown.right) };
  };
}
