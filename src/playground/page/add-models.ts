/// <reference lib="dom" />
import { signal } from "@preact/signals";
import type { BrowserModel } from "../../browser/api.js";
import type { PlaygroundTask } from "../manifest.js";
import { processImage } from "./pipeline.js";
import { activity, library, messageOf, news, problem, processors, recognizers } from "./state.js";

/** A model that the visitor dropped, and what `inspect` says of it. */
export interface AddedModel {
  readonly name: string;
  readonly kind: "processor" | "recognizer";
  readonly about: Readonly<Record<string, unknown>>;
}

export const added = signal<readonly AddedModel[]>([]);

/** Offers dropped models; a JSON file beside a model of the same name is its sidecar. */
export async function addModelFiles(files: readonly File[]): Promise<void> {
  const sidecars = new Map(files.filter(({ name }) => /\.json$/i.test(name)).map((file) => [baseOf(file), file]));
  const models = files.filter(({ name }) => /\.onnx$/i.test(name));
  if (models.length === 0) problem.value = "A sidecar needs its model: drop the ONNX file and the JSON file together.";
  let offered = 0;
  for (const file of models) if (await addModel(file, sidecars.get(baseOf(file)))) offered++;
  if (offered > 0) await processImage();
}

const baseOf = ({ name }: File): string => name.replace(/\.[a-z]+$/i, "");

/** @returns whether the model can be used. */
async function addModel(file: File, sidecarFile: File | undefined): Promise<boolean> {
  const legible = library.value;
  if (!legible) return false;
  const name = baseOf(file);
  activity.value = { text: `loading ${file.name}` };
  problem.value = undefined;
  try {
    const sidecar = sidecarFile ? { sidecar: await jsonOf(sidecarFile) } : {};
    const model = await legible.load(file, { name, ...sidecar });
    // A model whose operators cannot be listed may still run.
    const inspected = await legible.inspect(model).catch((error: unknown) => ({ inspect: messageOf(error) }));
    const about = { ...aboutOf(model), ...inspected };
    added.value = [...added.value, { name, kind: model.kind, about }];
    if (model.kind === "recognizer")
      recognizers.value = [{ name, own: true, source: file, ...sidecar }, ...recognizers.value];
    else {
      const { scale, card } = model;
      const offered = { name, scale, task: taskOf(card?.task, scale), objective: "ra" as const, source: file };
      processors.value = [...processors.value, { ...offered, ...(card && { card }) }];
    }
    legible.release(model);
  } catch (error) {
    problem.value = `${file.name}: ${messageOf(error)}`;
    return false;
  } finally {
    activity.value = undefined;
  }
  news.value = `${name} is ready.`;
  return true;
}

/** @throws Error when the file is not JSON. */
async function jsonOf(file: File): Promise<unknown> {
  const text = await file.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`its sidecar ${file.name} is not JSON`);
  }
}

/** What loading a model shows. */
const aboutOf = (model: BrowserModel): AddedModel["about"] =>
  model.kind === "processor"
    ? { bytes: model.bytes, scale: model.scale }
    : {
        bytes: model.bytes,
        classes: model.classes,
        "input size": model.preprocessing.size,
        "names of classes": model.classNames ? "yes" : "no",
      };

/** A processor without a card enlarges, or is offered for denoising. */
const taskOf = (task: unknown, scale: number): PlaygroundTask =>
  task === "jpeg" || task === "denoise" ? task : scale > 1 ? "sr" : "denoise";
