/// <reference lib="dom" />
import type { BrowserModel, BrowserProcessor, BrowserRecognizer, Legible } from "../../browser/api.js";
import type { OfferedProcessor, OfferedRecognizer } from "./state.js";

/** Models that the worker has loaded, by what they were offered as. */
const held = new Map<object, Promise<BrowserProcessor | BrowserRecognizer>>();

/** Called with what is loaded, and the completed share. */
type Show = (text: string, share?: number) => void;

/** Loads a processor once. @throws UserError when it cannot be loaded. */
export const loadedProcessor = (legible: Legible, offered: OfferedProcessor, show: Show) =>
  once(offered, () => load(legible, offered, "processor", show) as Promise<BrowserProcessor>);

/** Loads a recognizer once. @throws UserError when it cannot be loaded. */
export const loadedRecognizer = (legible: Legible, offered: OfferedRecognizer, show: Show) =>
  once(offered, () => load(legible, offered, "recognizer", show) as Promise<BrowserRecognizer>);

async function load(
  legible: Legible,
  offered: OfferedProcessor | OfferedRecognizer,
  kind: BrowserModel["kind"],
  show: Show,
): Promise<BrowserModel> {
  const sidecar = offered.sidecar === undefined ? {} : { sidecar: await jsonOf(offered.sidecar) };
  return legible.load(await fetched(offered, show), { name: offered.name, kind, ...sidecar });
}

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

/** The file of a model, with progress if it is at an address. @throws Error when the server does not answer with it. */
async function fetched({ name, source }: OfferedProcessor | OfferedRecognizer, show: Show): Promise<Blob> {
  if (typeof source !== "string") return source;
  const text = `loading ${name}`;
  show(text, 0);
  const response = await fetch(source).catch(() => undefined);
  if (!response?.ok || !response.body) throw new Error(`cannot load ${name}: ${response?.status ?? "no network"}`);
  // Of a compressed response it is the compressed length; then the share is unknown.
  const length = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length"));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const part of partsOf(response.body)) {
    parts.push(part);
    bytes += part.length;
    const amount = `${text}, ${(bytes / 1e6).toFixed(1)} MB`;
    if (length > 0) show(`${amount} of ${(length / 1e6).toFixed(1)} MB`, bytes / length);
    else show(amount);
  }
  return new Blob(parts);
}

async function* partsOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = stream.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) if (value) yield value;
}
