/// <reference lib="dom" />
import type { Pixels } from "../../browser/api.js";
import type * as library from "../../browser/legible.js";

/** Saves an image as PNG. */
export async function download({ data, width, height }: Pixels, name: string): Promise<void> {
  const folder = new URL("legible/", document.baseURI);
  const { encodePixels } = (await import(new URL("legible.js", folder).href)) as typeof library;
  saveBlob(await encodePixels({ data, width, height }, "image/png"), name);
}

/** Has the browser save a file. */
export function saveBlob(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
