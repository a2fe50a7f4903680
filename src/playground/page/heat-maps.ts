/// <reference lib="dom" />
import { signal } from "@preact/signals";
import type { BrowserRecognizer, Pixels } from "../../browser/api.js";
import { evaluationSide, SHORTER_SIDE } from "../../data/samples.js";
import { shrunkSize } from "../../images/crop.js";
import type { Heat } from "../../widgets/pane.js";
import { activity, library, messageOf, problem, versions } from "./state.js";

/** Which heat maps lie over the versions: none, where processing for machines differs, or the gradient of a recognizer by its number. */
export const heatChoice = signal<"none" | "change" | number>("none");
/** The gradients of the chosen recognizer, by the labels of the versions. */
export const gradients = signal<ReadonlyMap<string, Heat>>(new Map());

/** Forgets the maps of an earlier image. */
export function clearHeatMaps(): void {
  gradients.value = new Map();
  if (typeof heatChoice.value === "number") heatChoice.value = "none";
}

/** Chooses the heat maps; the gradients of a recognizer are computed now. */
export async function chooseHeat(choice: "none" | "change" | BrowserRecognizer): Promise<void> {
  gradients.value = new Map();
  heatChoice.value = typeof choice === "string" ? choice : choice.id;
  const legible = library.value;
  if (typeof choice === "string" || !legible) return;
  const [made, control] = [versions.value, new AbortController()];
  const maps = new Map<string, Heat>();
  try {
    for (const [i, { label, pixels }] of made.entries()) {
      activity.value = {
        text: `gradient of ${choice.name}: ${label}`,
        share: i / made.length,
        cancel: () => control.abort(),
      };
      const map = await legible.gradient(choice, pixels, { signal: control.signal });
      if (versions.value !== made || heatChoice.value !== choice.id) return;
      maps.set(label, { ...map, area: evaluatedArea(pixels) });
      gradients.value = new Map(maps);
    }
  } catch (error) {
    heatChoice.value = "none";
    if (!control.signal.aborted) problem.value = messageOf(error);
  } finally {
    if (versions.value === made) activity.value = undefined;
  }
}

/** The part of an image that recognizers see, the center crop of evaluation, as shares of its width and height. */
function evaluatedArea(image: Pixels): Required<Heat>["area"] {
  const shrunk = shrunkSize(image, SHORTER_SIDE);
  const side = evaluationSide(shrunk);
  const [width, height] = [side / shrunk.width, side / shrunk.height];
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height };
}
