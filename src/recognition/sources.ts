import { dirname, join, resolve } from "node:path";
import { readTextIfThere } from "../platform/node/files.js";
import { sidecarPath } from "../platform/node/models.js";
import {
  huggingFace,
  inputOf,
  metadataStatement,
  parseJson,
  type StatedClasses,
  type Statement,
  statedClassesIn,
} from "./statements.js";

/**
 * The first statement found in: the sidecar JSON, the model's metadata, a Hugging Face preprocessor_config.json in its folder
 * or the parent folder.
 * @throws UserError when one that exists is not valid.
 */
export async function findStatement(
  model: string,
  metadata: Readonly<Record<string, string>>,
): Promise<Statement | undefined> {
  const sidecar = await readJson(sidecarPath(model));
  if (sidecar !== undefined) return inputOf(sidecar, sidecarPath(model));
  const noted = metadataStatement(model, metadata);
  if (noted) return noted;
  const folder = dirname(resolve(model));
  for (const path of [folder, dirname(folder)].map((place) => join(place, "preprocessor_config.json"))) {
    const config = await readJson(path);
    if (config !== undefined) return { source: path, input: huggingFace(config, path) };
  }
  return undefined;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readTextIfThere(path);
  return text === undefined ? undefined : parseJson(text, path);
}

/**
 * The classes that a recognizer's sidecar states.
 * @throws UserError when the sidecar exists and is not valid.
 */
export async function statedClasses(model: string): Promise<StatedClasses> {
  const source = sidecarPath(model);
  return statedClassesIn((await readJson(source)) ?? {}, source);
}
