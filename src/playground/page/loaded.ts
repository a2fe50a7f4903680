/// <reference lib="dom" />
import type { BrowserProcessor, BrowserRecognizer, Legible } from "../../browser/api.js";
import type { OfferedProcessor, OfferedRecognizer } from "./state.js";

/** Models that the worker has loaded, by what they were offered as. */
const held = new Map<object, Promise<BrowserProcessor | BrowserRecognizer>>();

/** Loads a processor once. @throws UserError when it cannot be loaded. */
export const loadedProcessor = (legible: Legible, offered: OfferedProcessor): Promise<BrowserProcessor> =>
  once(offered, async () => {
    const sidecar = offered.sidecar === undefined ? {} : { sidecar: await jsonOf(offered.sidecar) };
    const model = await legible.load(offered.source, { name: offered.name, kind: "processor", ...sidecar });
    return model as BrowserProcessor;
  });

/** Loads a recognizer once. @throws UserError when it cannot be loaded. */
export const loadedRecognizer = (legible: Legible, offered: OfferedRecognizer): Promise<BrowserRecognizer> =>
  once(offered, async () => {
    const sidecar = offered.sidecar === undefined ? {} : { sidecar: await jsonOf(offered.sidecar) };
    const model = await legible.load(offered.source, { name: offered.name, kind: "recognizer", ...sidecar });
    return model as BrowserRecognizer;
  });

function once<Model extends BrowserProcessor | BrowserRecognizer>(
  key: object,
  load: () => Promise<Model>,
): Promise<Model> {
  const found = held.get(key) as Promise<Model> | undefined;
  if (found) return found;
  const loading = load();
  held.set(key, loading);
  loading.catch(() => held.delete(key));
  return loading;
}

/** A sidecar's content: given, or at an address. */
const jsonOf = async (sidecar: unknown): Promise<unknown> =>
  typeof sidecar === "string" ? (await fetch(sidecar)).json() : sidecar;
