import { messageOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { decodeImage } from "../platform/node/codec.js";
import { findImages } from "../platform/node/image-files.js";

/** The images of a system: a folder. */
export interface SystemFolder {
  readonly name: string;
  readonly folder: string;
}

/** An image that is not used, and why. */
export interface Skipped {
  readonly file: string;
  readonly reason: string;
}

/** The image files of several folders that belong together. */
export interface ImageSets {
  /** For each name without extension that all folders have: the path of each system, in their order. */
  readonly sets: readonly { readonly name: string; readonly paths: readonly string[] }[];
  readonly skipped: readonly Skipped[];
}

/** A path without its extension: results of another format belong to the same image. */
export const stem = (name: string): string => name.replace(/\.[^./]+$/, "");

/**
 * Finds the images that all folders have. Names are compared without their extension.
 * @throws UserError when a folder cannot be read or has two images of one name.
 */
export async function findImageSets(systems: readonly SystemFolder[]): Promise<ImageSets> {
  const found: ReadonlyMap<string, string>[] = [];
  for (const system of systems) found.push(await imagesByName(system));
  const names = [...new Set(found.flatMap((images) => [...images.keys()]))].sort();
  const sets: { name: string; paths: readonly string[] }[] = [];
  const skipped: Skipped[] = [];
  for (const name of names) {
    const missing = systems.filter((_, i) => !found[i]?.has(name)).map((system) => system.name);
    if (missing.length > 0) skipped.push({ file: name, reason: `it is missing in ${missing.join(", ")}` });
    else sets.push({ name, paths: found.map((images) => images.get(name) as string) });
  }
  return { sets, skipped };
}

async function imagesByName({ name: system, folder }: SystemFolder): Promise<ReadonlyMap<string, string>> {
  const { images } = await findImages(folder).catch((error) => {
    throw new UserError(`cannot read the images of ${system} in ${folder}: ${messageOf(error)}`);
  });
  const byName = new Map<string, string>();
  for (const { name, path } of images) {
    const earlier = byName.get(stem(name));
    if (earlier !== undefined)
      throw new UserError(`cannot use the images of ${system}: ${earlier} and ${path} have the same name`);
    byName.set(stem(name), path);
  }
  return byName;
}

/** Decodes the images of a set. @returns why the set cannot be used, if so. */
export async function decodeSet(paths: readonly string[]): Promise<readonly Image[] | string> {
  const images: Image[] = [];
  for (const path of paths) {
    const image = await decodeImage(path).catch((error) => messageOf(error));
    if (typeof image === "string") return image;
    images.push(image);
  }
  const sizes = [...new Set(images.map(({ width, height }) => `${width}x${height}`))];
  return sizes.length > 1 ? `its images have different sizes: ${sizes.join(", ")}` : images;
}

/** Whether two images have the same pixels. */
export const sameImage = (a: Image, b: Image): boolean => Buffer.compare(a.data, b.data) === 0;
