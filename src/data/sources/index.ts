import { readdir } from "node:fs/promises";
import { cifar } from "./cifar.js";
import { coco } from "./coco.js";
import { openFolder } from "./folder.js";
import { partFolders } from "./parts.js";
import type { Layout, Source, SourceOptions } from "./source.js";
import { voc } from "./voc.js";

/** Known layouts in order of precedence. Everything else is opened as a folder of images. */
export const layouts: readonly Layout[] = [cifar, voc, coco, partFolders];

/**
 * Opens the data set at a path.
 * @throws UserError when the path cannot be read, contains no image, or its class definitions are invalid.
 */
export async function openSource(path: string, options: SourceOptions): Promise<Source> {
  const names = new Set(await readdir(path).catch(() => []));
  for (const layout of layouts) {
    const source = await layout.open(path, names, options);
    if (source) return source;
  }
  return openFolder(path, options);
}
