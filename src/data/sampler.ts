import { type Augmentation, augmented } from "./augmentation.js";
import { restorationSampler, type Sampler } from "./restoration-sampler.js";
import { findTask } from "./tasks/index.js";

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
