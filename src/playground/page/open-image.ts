/// <reference lib="dom" />
import { batch } from "@preact/signals";
import { processImage } from "./pipeline.js";
import { activity, library, messageOf, problem, source, versions } from "./state.js";

/** Reads an image of the visitor or a sample, and processes it. */
export async function openImage(file: Blob, name: string): Promise<void> {
  const legible = library.value;
  if (!legible) return;
  problem.value = undefined;
  activity.value = { text: `reading ${name}` };
  try {
    const pixels = await legible.decode(file);
    batch(() => {
      source.value = { name, pixels };
      versions.value = [];
    });
  } catch (error) {
    const text = messageOf(error);
    problem.value = text.includes(name) ? text : `${name}: ${text}`;
    activity.value = undefined;
    return;
  }
  await processImage();
}
