import { z } from "zod";
import { wnids } from "../data/imagenet.js";

const Names = z.array(z.string());

/** `classes` is Legible's own key; `labels` is a list too, or names the classes of ImageNet. */
const Sidecar = z.object({ classes: Names.optional(), labels: z.union([Names, z.string()]).optional() });

/**
 * The names of a recognizer's classes that the JSON of its sidecar states, by index; undefined if it states none.
 * @param classOffset index of the output of class 0; sidecars list names by output, those of ImageNet are by class.
 */
export function statedNames(json: unknown, classOffset = 0): readonly string[] | undefined {
  const { classes, labels } = Sidecar.safeParse(json).data ?? {};
  const own = classes ?? labels;
  if (Array.isArray(own)) return own.slice(classOffset);
  return /^imagenet-1k$/i.test(String(own)) ? wnids : undefined;
}
