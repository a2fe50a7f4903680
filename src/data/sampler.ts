import type { Image } from "../images/image.js";
import type { Random } from "../random.js";
import { type Augmentation, augmented } from "./augmentation.js";
import { trainingSample } from "./samples.js";
import type { Task } from "./task.js";
import { findTask } from "./tasks/index.js";

/** Makes what one step of training sees of a photograph. */
export interface Sampler {
  /** Side in pixels of each of the square pictures. */
  readonly sides: Readonly<Record<string, number>>;
  sample(photograph: Image, random: Random): Promise<Readonly<Record<string, Image>>>;
}

/** Pairs of `degraded` and `clean` pictures; the clean ones are crops of `crop` pixels a side. */
export interface RestorationRecipe {
  readonly kind: "restoration";
  readonly task: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
  readonly crop: number;
}

/** A picture `image` of `size` pixels a side. */
export interface RecognitionRecipe {
  readonly kind: "recognition";
  readonly size: number;
  readonly augmentation: Augmentation;
}

/** What kind of pictures to make, in a form that reaches the threads. */
export type Recipe = RestorationRecipe | RecognitionRecipe;

/** The pictures of each kind of recipe. */
export type PictureOf<R extends Recipe> = R extends RestorationRecipe ? "degraded" | "clean" : "image";

export const samplerFor = (recipe: Recipe): Sampler =>
  recipe.kind === "recognition"
    ? recognitionSampler(recipe)
    : restorationSampler(findTask(recipe.task.name, recipe.task.options), recipe.crop);

const recognitionSampler = ({ size, augmentation }: RecognitionRecipe): Sampler => ({
  sides: { image: size },
  sample: async (photograph, random) => ({ image: augmented(photograph, size, augmentation, random) }),
});

export const restorationSampler = (task: Task, crop: number): Sampler => ({
  sides: { degraded: crop / task.scale, clean: crop },
  sample: async (photograph, random) => ({ ...(await trainingSample(photograph, task, { crop }, random)) }),
});
