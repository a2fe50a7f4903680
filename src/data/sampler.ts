import type { Image } from "../images/image.js";
import type { Random } from "../random.js";
import { type Augmentation, augmented } from "./augmentation.js";
import { trainingSample } from "./samples.js";
import type { Task } from "./task.js";
import { findTask } from "./tasks/index.js";
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

/** Pairs of `degraded` and `clean` images, of which the clean one is annotated. The clean ones are crops of `crop` x `crop` pixels. */
export interface RestorationRecipe {
  readonly kind: "restoration";
  readonly task: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly crop: number;
}

/** Augmented images `image` of `size` x `size` pixels. */
export interface RecognitionRecipe {
  readonly kind: "recognition";
  readonly size: number;
  readonly augmentation: Augmentation;
}

/** A description of a built-in sampler that can be sent to worker threads. */
export type Recipe = RestorationRecipe | RecognitionRecipe;

/** Names of the images that each kind of recipe makes. */
export type ImageNameOf<R extends Recipe> = R extends RestorationRecipe ? "degraded" | "clean" : "image";

/** The sampler that a recipe describes. */
export const samplerFor = (recipe: Recipe): Sampler =>
  recipe.kind === "recognition"
    ? recognitionSampler(recipe)
    : restorationSampler(findTask(recipe.task.name, recipe.task.options), recipe.crop);

const recognitionSampler = ({ size, augmentation }: RecognitionRecipe): Sampler => ({
  sides: { image: size },
  async sample(decoded, random) {
    const { image, view } = augmented(decoded, size, augmentation, random);
    return { images: { image }, view };
  },
});

/** Samples pairs of degraded and clean crops for the training of a processor. */
export const restorationSampler = (task: Task, crop: number): Sampler => ({
  sides: { degraded: crop / task.scale, clean: crop },
  async sample(image, random) {
    const { clean, degraded, view } = await trainingSample(image, task, { crop }, random);
    return { images: { clean, degraded }, view };
  },
});
