import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isThere } from "../platform/node/files.js";
import { modelTitle, sidecarPath } from "../platform/node/models.js";
import { openProcessor } from "../processors/open.js";
import { packagedFolder, packagedModels } from "../processors/packaged.js";
import { openClassifier } from "../recognition/classifier.js";
import type { ListedProcessor, ListedRecognizer, PlaygroundManifest, PlaygroundTask } from "./manifest.js";

/** A model of the user. */
export interface OwnModel {
  readonly name: string;
  readonly file: string;
}

/** The user's models, which are offered before the packaged ones. */
export interface PlaygroundModels {
  readonly processors: readonly OwnModel[];
  readonly recognizers: readonly OwnModel[];
}

/** Addresses and files of models, and how the manifest lists them. */
export interface ModelEntries {
  readonly manifest: Omit<PlaygroundManifest, "samples">;
  readonly files: readonly (readonly [address: string, file: string])[];
}

/** The folder of the recognizers of the samples' classes. */
const recognizerFolder = join(packagedFolder, "playground");

/**
 * The models of the playground: the user's, then the packaged ones.
 * @throws UserError when a model of the user cannot serve as what it is given for.
 */
export async function modelEntries({ processors, recognizers }: PlaygroundModels): Promise<ModelEntries> {
  const files: [string, string][] = [];
  /** Adds a model and its sidecar under an address. */
  const add = async (address: string, file: string) => {
    files.push([`${address}.onnx`, file]);
    const { size } = await stat(file);
    const sidecar = (await isThere(sidecarPath(file))) ? { sidecar: `${address}.json` } : {};
    if (sidecar.sidecar !== undefined) files.push([sidecar.sidecar, sidecarPath(file)]);
    return { file: `${address}.onnx`, ...sidecar, bytes: size };
  };
  const listed: { processors: ListedProcessor[]; recognizers: ListedRecognizer[] } = {
    processors: [],
    recognizers: [],
  };
  for (const [i, model] of processors.entries())
    listed.processors.push({ ...(await describe(model)), ...(await add(`models/own-processor-${i + 1}`, model.file)) });
  for (const { name, file, task, scale, size, objective } of await packagedModels()) {
    if (size === undefined || task === "all") continue;
    const { card } = await openProcessor(file);
    listed.processors.push({
      ...{ name, task, scale, size, objective },
      ...(await add(`models/${name}`, file)),
      ...(card && { card }),
    });
  }
  for (const [i, { name, file }] of recognizers.entries()) {
    await openClassifier(file);
    listed.recognizers.push({ name, source: "yours", ...(await add(`models/own-recognizer-${i + 1}`, file)) });
  }
  for (const name of (await readdir(recognizerFolder)).filter((each) => each.endsWith(".onnx")).sort())
    listed.recognizers.push({
      ...{ name: modelTitle(name), source: "packaged" },
      ...(await add(`models/${basename(name, ".onnx")}`, join(recognizerFolder, name))),
    });
  return { manifest: listed, files };
}

/** A processor without a card enlarges, or is offered for denoising. */
async function describe({ name, file }: OwnModel) {
  const processor = await openProcessor(file);
  const [{ scale }, { card }] = [await processor.geometry(), processor];
  const known = card?.task === "jpeg" || card?.task === "denoise" ? card.task : undefined;
  const task: PlaygroundTask = known ?? (scale > 1 ? "sr" : "denoise");
  const objective = card?.objective === "plain" ? ("plain" as const) : ("ra" as const);
  return { name, task, scale, objective, ...(card && { card }) };
}
