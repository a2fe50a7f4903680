import type { Task } from "../data/task.js";
import { messageOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { fromPlanar, toPlanar } from "../images/planar.js";
import type { Session, Tensors } from "../runtime/session.js";

/** A network that restores images: [N, 3, h, w] to [N, 3, h * scale, w * scale], RGB in [0, 1]. */
export interface Processor {
  name: string;
  session: Session;
  /** Where it came from, for messages. */
  file?: string;
}

/**
 * What a processor makes of degraded images of one size, clamped and rounded to 8 bits.
 * @throws UserError when it cannot run on them or gives another size than the task wants.
 */
export async function restore(processor: Processor, degraded: readonly Image[], task: Task): Promise<Image[]> {
  const { width, height } = degraded[0] as Image;
  const input = new Float32Array(degraded.length * 3 * width * height);
  for (const [i, image] of degraded.entries()) toPlanar(image, input, i * 3 * width * height);
  const output = await run(processor, input, [degraded.length, 3, height, width]);
  const [wide, high] = [width * task.scale, height * task.scale];
  const pixels = output.data;
  if (!(pixels instanceof Float32Array) || output.shape.join() !== [degraded.length, 3, high, wide].join())
    throw new UserError(misfit(processor, task, [degraded.length, 3, height, width], output.shape));
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

function misfit(processor: Processor, task: Task, from: readonly number[], to: readonly number[]): string {
  const [count = 0, channels = 0, height = 1, width = 1] = from;
  const enlarged = (to[2] ?? 0) / height;
  const uniform = to[0] === count && to[1] === channels && (to[3] ?? 0) / width === enlarged;
  const does = uniform ? `it enlarges x${enlarged}` : `it makes [${to}] of [${from}]`;
  return `the task ${task.name} at scale ${task.scale} does not fit ${titleOf(processor)}: ${does}`;
}

const titleOf = ({ name, file }: Processor): string => (file ? `${name} (${file})` : name);
