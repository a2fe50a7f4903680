/// <reference lib="dom" />
import { processImage } from "./pipeline.js";
import { activity, library, problem, source } from "./state.js";

/** Reads an image of the visitor or a sample, and processes it. */
export async function openImage(file: Blob, name: string): Promise<void> {
  const legible = library.value;
  if (!legible) return;
  problem.value = undefined;
  activity.value = { text: `reading ${name}` };
  try {
    source.value = { name, pixels: await legible.decode(file) };
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
    activity.value = undefined;
    return;
  }
  await processImage();
}
