import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import { UserError } from "../errors.js";
import { encodeImage } from "../platform/node/codec.js";
import type { WorkerResponse } from "../platform/node/worker-client.js";
import type { BoxedObject, SceneSettings } from "./scene.js";
import { fileOf, findStyle } from "./styles.js";

/** The data that a worker is started with. */
export interface WorkerData {
  /** Name of the style. */
  readonly style: string;
  readonly settings: SceneSettings;
  readonly seed: number;
  /** Where the images are written. */
  readonly folder: string;
}

/** A request to write the images from index `first` up to, but not including, `end`. */
export interface Request {
  readonly id: number;
  readonly first: number;
  readonly end: number;
}

/** The objects of each image. */
export type Objects = readonly (readonly BoxedObject[])[];

if (!parentPort) throw new Error("render-worker.js must run as a worker thread started by RenderWorkers");
const port = parentPort;

// The other cores render too.
sharp.concurrency(1);
sharp.cache(false);

const { style: name, settings, seed, folder } = workerData as WorkerData;
const style = findStyle(name);
let queue = Promise.resolve();

port.on("message", (request: Request) => {
  queue = queue.then(() => answer(request)); // one at a time: waiting images would fill the memory
});

async function answer({ id, first, end }: Request): Promise<void> {
  try {
    port.postMessage({ id, value: await write(first, end) } satisfies WorkerResponse<Objects>);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    port.postMessage({ id, failure: error.message } satisfies WorkerResponse<Objects>);
  }
}

async function write(first: number, end: number): Promise<Objects> {
  const indices = Array.from({ length: end - first }, (_, i) => first + i);
  const scenes = indices.map((index) => style.render(settings, seed, index));
  const pathOf = (place: number) => join(folder, fileOf(style, settings.classes, indices[place] as number));
  await Promise.all(scenes.map(({ image }, place) => encodeImage(image, pathOf(place))));
  return scenes.map(({ objects }) => objects);
}
