import type { Image } from "../images/image.js";
import type { Random } from "../random.js";
import { trainingSample } from "./samples.js";
import type { Task } from "./task.js";
import type { View } from "./view.js";

/** The training images of one sample by role, and what the annotated one of them shows of the decoded image. */
export interface Sample {
  readonly images: Readonly<Record<string, Image>>;
  readonly view: View;
}

/** Makes the training images of one sample from a decoded image. */
export interface Sampler {
  /** Side, in pixels, of each of the square images. */
  readonly sides: Readonly<Record<string, number>>;
  sample(image: Image, random: Random): Promise<Sample>;
}

/** Samples pairs of degraded and clean crops for the training of a processor. */
export const restorationSampler = (task: Task, crop: number): Sampler => ({
  sides: { degraded: crop / task.scale, clean: crop },
  async sample(image, random) {
    const { clean, degraded, view } = await trainingSample(image, task, { crop }, random);
    return { images: { clean, degraded }, view };
  },
});
