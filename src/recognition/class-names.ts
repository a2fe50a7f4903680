import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { readTextIfThere } from "../platform/node/files.js";
import { sidecarPath } from "../platform/node/models.js";
import { statedNames } from "./stated-names.js";

/** Hugging Face's config.json. */
const Config = z.object({ id2label: z.record(z.string(), z.string()) });

/**
 * The names of a recognizer's classes, by index: from its sidecar JSON, or from a Hugging Face config.json in its folder or the
 * parent folder. Empty if there are none.
 * @param classOffset index of the output of class 0; the files list names by output, those of ImageNet are by class.
 */
export async function classNames(model: string, classOffset = 0): Promise<readonly string[]> {
  const stated = statedNames(await readJson(sidecarPath(model)), classOffset);
  if (stated) return stated;
  const folder = dirname(resolve(model));
  for (const place of [folder, dirname(folder)]) {
    const { data } = Config.safeParse(await readJson(join(place, "config.json")));
    if (data) return Object.assign([], data.id2label).slice(classOffset);
  }
  return [];
}

/** Names are for display only, so a file that is not JSON has none. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readTextIfThere(path)) ?? "");
  } catch {
    return undefined;
  }
}
