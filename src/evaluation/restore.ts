import type { Task } from "../data/task.js";
import { messageOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { fromPlanar, toPlanar } from "../images/planar.js";
import { inferenceForm } from "../lowering/inference.js";
import { Session, type SessionOptions, type Tensors } from "../runtime/session.js";
import { declaredSizes, misfit, readRestorer, standardized } from "../training/restorer.js";

/** A network that restores images: [N, 3, h, w] to [N, 3, h * scale, w * scale], RGB in [0, 1]. */
export interface Processor {
  name: string;
  session: Session;
  /** Where it came from, for messages. */
  file?: string;
  /** Most images that it takes at once. Default: any number. */
  most?: number;
}

/**
 * Makes a processor ready from its file, with the JSON beside it.
 * @throws UserError when it cannot be loaded or does not map one picture to one.
 */
export async function loadProcessor(name: string, file: string, options: SessionOptions = {}): Promise<Processor> {
  const restorer = await readRestorer(file);
  const session = await Session.create(inferenceForm(standardized(restorer)), options);
  return { name, file, session, ...(declaredSizes(restorer).batch === 1 && { most: 1 }) };
}

/**
 * What a processor makes of degraded images of one size, clamped and rounded to 8 bits.
 * @throws UserError when it cannot run on them or gives another size than the task wants.
 */
export async function restore(processor: Processor, degraded: readonly Image[], task: Task): Promise<Image[]> {
  const { most = degraded.length } = processor;
  const restored: Image[] = [];
  for (let start = 0; start < degraded.length; start += most)
    restored.push(...(await restoreTogether(processor, degraded.slice(start, start + most), task)));
  return restored;
}

async function restoreTogether(processor: Processor, degraded: readonly Image[], task: Task): Promise<Image[]> {
  const { width, height } = degraded[0] as Image;
  const input = new Float32Array(degraded.length * 3 * width * height);
  for (const [i, image] of degraded.entries()) toPlanar(image, input, i * 3 * width * height);
  const from = [degraded.length, 3, height, width];
  const output = await run(processor, input, from);
  const [wide, high] = [width * task.scale, height * task.scale];
  const pixels = output.data;
  if (!(pixels instanceof Float32Array) || output.shape.join() !== [degraded.length, 3, high, wide].join())
    throw new UserError(misfit(titleOf(processor), task, from, output.shape));
  return degraded.map((_, i) => fromPlanar(pixels, i * 3 * wide * high, wide, high));
}

async function run(processor: Processor, data: Float32Array, shape: readonly number[]) {
  const { session } = processor;
  const [input = "", ...others] = session.inputNames;
  const [output = ""] = session.outputNames;
  if (others.length > 0)
    throw new UserError(
      `${titleOf(processor)} is no processor: it wants ${session.inputNames.join(", ")}, not one image`,
    );
  let outputs: Tensors;
  try {
    outputs = await session.run({ [input]: { type: "float32", shape, data } });
  } catch (error) {
    throw new UserError(`${titleOf(processor)} cannot process images of shape [${shape}]: ${messageOf(error)}`);
  }
  return outputs[output] as NonNullable<Tensors[string]>;
}

const titleOf = ({ name, file }: Processor): string => (file ? `${name} (${file})` : name);
