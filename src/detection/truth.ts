import { readdir } from "node:fs/promises";
import { extname } from "node:path";
import { openDataset } from "../data/dataset.js";
import { BOX_FILE } from "../data/sources/box-file.js";
import { type CocoFile, readCocoFile } from "../data/sources/coco-file.js";
import {
  annotatedStems,
  findVocFolder,
  readVocAnnotations,
  readVocSet,
  type VocSet,
} from "../data/sources/voc-folder.js";
import { UserError } from "../errors.js";
import type { TrueBox } from "../metrics/detection/boxes.js";
import type { LeftOut } from "../platform/node/image-files.js";

/** The name of an image or class in a file of detections: an id of COCO, or a name. */
export type Id = number | string;

/**
 * The annotated objects that detections are compared with. Their corners are the numbers of the files: those of VOC count
 * pixels from 1 and include the last one, those of COCO are x, y, x + width and y + height.
 */
export interface DetectionTruth {
  /** The list of images that was read, if there are several. */
  readonly set?: string;
  /** Number of images. */
  readonly images: number;
  readonly objects: readonly (TrueBox & { readonly image: number })[];
  readonly classes: readonly string[];
  /** The index of an image; undefined if it is not one of these. */
  imageOf(id: Id): number | undefined;
  /** The index of the class of a category id; undefined if it is unknown. */
  classOf(id: number): number | undefined;
  /** Whether a category id that is not known is a mistake, because ids are positions in the list of classes. */
  readonly numbered: boolean;
  /** Annotations that are not used. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Reads the objects of a VOC folder, a COCO file of instances, or a folder of images with boxes.csv. Images themselves are not
 * read, and those of VOC and COCO need not exist.
 * @param set the list of images of a VOC folder. Default: test, val, or the only one. The others are one set.
 * @throws UserError when it is none of these, has no such list, or no annotation can be read.
 */
export async function readDetectionTruth(path: string, set?: string): Promise<DetectionTruth> {
  if (extname(path).toLowerCase() === ".json") return cocoTruth(await readCocoFile(path));
  const root = await findVocFolder(path);
  if (root !== undefined) return vocTruth(root, set);
  const names = await readdir(path).catch(() => undefined);
  if (names?.includes(BOX_FILE)) return boxFileTruth(path);
  throw new UserError(
    `cannot read the truth ${path}: ${contentOf(names)}; expected a folder of PASCAL VOC with Annotations and ImageSets, ` +
      `a file instances.json of COCO, or a folder of images with ${BOX_FILE}`,
  );
}

function contentOf(names: readonly string[] | undefined): string {
  if (!names) return "it is no folder and no .json file";
  return names.length === 0 ? "it is empty" : `it contains ${names.slice(0, 3).join(", ")}`;
}

/** The corners are edges of boxes, as those of COCO. */
async function boxFileTruth(folder: string): Promise<DetectionTruth> {
  const {
    items,
    classes: names,
    leftOut = [],
  } = await openDataset([folder], { needLabels: false, annotations: "boxes" });
  const objects = items.flatMap(({ annotation }, image) =>
    annotation.kind === "boxes" ? annotation.boxes.map((box) => ({ ...box, image })) : [],
  );
  const count = objects.reduce((most, object) => Math.max(most, object.class + 1), 0);
  const classes = names ?? Array.from({ length: count }, (_, index) => String(index));
  return {
    images: items.length,
    objects,
    classes,
    imageOf: imageByStem(items.map(({ path }) => stemOf(path))),
    ...positions(classes),
    leftOut,
  };
}

/** Finds an image by its name with or without extension, or by the number that its name is. */
function imageByStem(stems: readonly string[]): DetectionTruth["imageOf"] {
  const indices = new Map(stems.map((stem, index) => [stem, index]));
  const numbers = new Map(stems.flatMap((stem, index) => (/^\d+$/.test(stem) ? [[Number(stem), index]] : [])));
  return (id) => indices.get(String(id)) ?? indices.get(stemOf(String(id))) ?? numberOf(id, (n) => numbers.get(n));
}

/** Category ids that are positions in the list of classes, from 1. */
const positions = (classes: readonly string[]): Pick<DetectionTruth, "classOf" | "numbered"> => ({
  classOf: (id) => (id >= 1 && id <= classes.length ? id - 1 : undefined),
  numbered: true,
});

function cocoTruth({ images, objects, classes, classOf, leftOut }: CocoFile): DetectionTruth {
  const sorted = images.map(({ id }) => id).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const indices = new Map<Id, number>(sorted.map((id, index) => [id, index]));
  const files = new Map(images.map(({ id, file }) => [stemOf(file), indices.get(id)]));
  return {
    images: images.length,
    objects: objects.map(({ image, class: index, box: [x, y, width, height], crowd, difficult, area }) => ({
      image: indices.get(image) as number,
      class: index,
      ...{ left: x, top: y, right: x + width, bottom: y + height, boxArea: width * height, crowd, difficult },
      ...(area !== undefined && { area }),
    })),
    classes,
    imageOf: (id) =>
      indices.get(id) ??
      indices.get(String(id)) ??
      files.get(stemOf(String(id))) ??
      numberOf(id, (number) => indices.get(number)),
    classOf: (id) => classOf.get(id),
    numbered: false,
    leftOut,
  };
}

/** "val2017/000000000139.jpg" -> "000000000139" */
const stemOf = (file: string): string => file.replace(/^.*[/\\]/, "").replace(/\.(jpe?g|png|bmp|webp|tiff?|gif)$/i, "");

function numberOf(id: Id, find: (number: number) => number | undefined): number | undefined {
  return /^\d+$/.test(String(id)) ? find(Number(id)) : undefined;
}

async function vocTruth(root: string, set: string | undefined): Promise<DetectionTruth> {
  const list = await chosenSet(root, set);
  const listed = list?.stems ?? (await annotatedStems(root)).sort(byNumber);
  const { annotations, classes, leftOut } = await readVocAnnotations(root, listed);
  const stems = listed.filter((stem) => annotations.has(stem));
  if (stems.length === 0) {
    const first = leftOut[0] ? ` (first: ${leftOut[0].file}: ${leftOut[0].reason})` : "";
    throw new UserError(`cannot read the truth ${root}: none of its ${listed.length} annotations can be read${first}`);
  }
  const names = new Map(classes.map((name, index) => [name, index]));
  const all = stems.flatMap((stem, image) =>
    (annotations.get(stem)?.objects ?? []).map((object) => ({ image, object })),
  );
  const objects = all.flatMap(({ image, object: { name, xmin, ymin, xmax, ymax, difficult } }) => {
    const index = names.get(name);
    const sides = { left: xmin, top: ymin, right: xmax, bottom: ymax };
    return index === undefined ? [] : [{ image, class: index, ...sides, difficult }];
  });
  const unnamed = all.length - objects.length;
  const reason = `${unnamed} objects left out: they are of a class that is not in classes.txt`;
  const unknown: LeftOut[] = unnamed > 0 ? [{ file: root, kind: "annotation", reason }] : [];
  return {
    ...(list && { set: list.name }),
    images: stems.length,
    objects,
    classes,
    imageOf: imageByStem(stems),
    ...positions(classes),
    leftOut: [...(list?.leftOut ?? []), ...leftOut, ...unknown],
  };
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/** The chosen list; without a choice that of the test part, else the only one. */
async function chosenSet(root: string, set: string | undefined): Promise<VocSet | undefined> {
  if (set !== undefined) return readVocSet(root, "Main", { part: "test", set });
  try {
    return await readVocSet(root, "Main", { part: "test" });
  } catch (error) {
    const train = await readVocSet(root, "Main", { part: "train" }).catch(() => undefined);
    if (train) return train;
    throw error;
  }
}
