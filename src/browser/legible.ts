/// <reference lib="dom" />
import type { BrowserOptions, Legible, OpenLegible, UsedDevice } from "./api.js";
import { WorkerClient } from "./worker-client.js";

export { UserError } from "../errors.js";
export type * from "./api.js";
export { encodePixels, type PixelFormat } from "./encode.js";

/**
 * Starts the worker that does all work, so that the page stays responsive.
 * @example
 * const legible = await openLegible();
 * const processor = await legible.load("sr-x4-s-ra.onnx");
 * const pixels = await legible.enhance(processor, file);
 * @throws UserError when WebAssembly or its files cannot be loaded, or `device` is not possible here.
 */
export const openLegible: OpenLegible = async (options = {}) => {
  const client = new WorkerClient(folderOf(options.base));
  try {
    return legibleOf(client, await client.open(options));
  } catch (error) {
    client.close();
    throw error;
  }
};

/** The folder of the worker's files, with a slash at the end. */
function folderOf(base: BrowserOptions["base"]): string {
  const here = import.meta.url;
  if (base === undefined) return new URL(".", here).href;
  const { href } = absolute(base);
  return href.endsWith("/") ? href : `${href}/`;
}

/** An address as the page reads it: the worker would resolve it from its own. */
const absolute = (address: string | URL): URL => new URL(address, document.baseURI);

function legibleOf(client: WorkerClient, used: UsedDevice): Legible {
  return {
    used,
    load: (source, options) =>
      client.call("load", [
        typeof source === "string" || source instanceof URL ? absolute(source).href : source,
        options,
      ]),
    inspect: (model) => client.call("inspect", [model]),
    decode: (image, options) => client.call("decode", [image], options),
    enhance: (processor, image, options) => client.call("enhance", [processor, image], options),
    recognize: (recognizer, image, options) => client.call("recognize", [recognizer, image], options),
    gradient: (recognizer, image, options) => client.call("gradient", [recognizer, image], options),
    quality: (image, truth) => client.call("quality", [image, truth]),
    interpolate: (first, second, balance) => client.call("interpolate", [first, second, balance]),
    train: (training, options) => client.call("train", [training], options),
    degrade: (image, task, strength, seed) => client.call("degrade", [image, task, strength, seed]),
    release: (model) => void client.call("release", [model]).catch(() => {}),
    close: () => client.close(),
  };
}
