import { readdir } from "node:fs/promises";
import { cifar } from "./cifar.js";
import { openFolder } from "./folder.js";
import { partFolders } from "./parts.js";
import type { Layout, Source, Wanted } from "./source.js";

/** The layouts that are recognized by what is there, the first that fits; everything else is a folder of pictures. */
export const layouts: readonly Layout[] = [cifar, partFolders];

/**
 * Opens what a path given as data holds.
 * @throws UserError when there is nothing there to read or something in it is wrong.
 */
export async function openSource(path: string, wanted: Wanted): Promise<Source> {
  const names = new Set(await readdir(path).catch(() => []));
  for (const layout of layouts) {
    const source = await layout.open(path, names, wanted);
    if (source) return source;
  }
  return openFolder(path, wanted);
}
