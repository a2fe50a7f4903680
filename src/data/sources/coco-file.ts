import { messageOf, UserError } from "../../errors.js";
import { readText } from "../../platform/node/files.js";
import type { LeftOut } from "../../platform/node/image-files.js";
import { excerpt } from "../../printable.js";

/** The most bytes of a file of instances: V8 holds no longer string. The largest of COCO has 470 MB. */
const LARGEST_INSTANCES = 2 ** 29 - 2 ** 16;

/** An image of a COCO file. */
export interface CocoImage {
  readonly id: number | string;
  readonly file: string;
  readonly width?: number;
  readonly height?: number;
}

/** An annotated object: its box is [x, y, width, height] in pixels from the upper left corner. */
export interface CocoObject {
  readonly image: number | string;
  /** Index of its class. */
  readonly class: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
  readonly crowd: boolean;
  readonly difficult: boolean;
  readonly area?: number;
}

/** The content of a COCO file `instances_*.json`. */
export interface CocoFile {
  /** Each id once, in the order of the file. */
  readonly images: readonly CocoImage[];
  /** Names in the ascending order of their ids: the classes. */
  readonly classes: readonly string[];
  /** The class of each category id. */
  readonly classOf: ReadonlyMap<number | string, number>;
  readonly objects: readonly CocoObject[];
  /** Annotations and images that are not used, by reason. */
  readonly leftOut: readonly LeftOut[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is number | string => Number.isFinite(value) || typeof value === "string";

/**
 * Reads a COCO file of instances (Lin et al., ECCV 2014; https://cocodataset.org/#format-data). Categories become classes in
 * the ascending order of their ids. Outlines are not read.
 * @throws UserError when it cannot be read, is not JSON, or lacks `images`, `annotations` or `categories`.
 */
export async function readCocoFile(path: string): Promise<CocoFile> {
  const content = await parsed(path);
  const lists = ["images", "annotations", "categories"].map((key) => {
    const list = isObject(content) ? content[key] : undefined;
    if (Array.isArray(list)) return list as unknown[];
    throw new UserError(`cannot read the instances ${path}: it has no list "${key}"`);
  });
  const [images = [], annotations = [], categories = []] = lists;
  const faults = new Faults(path);
  const classes = classesOf(categories, path);
  const known = imagesOf(images, faults);
  const classOf = new Map(classes.map(({ id }, index) => [id, index]));
  const ids = new Set(known.map(({ id }) => id));
  const objects = annotations.flatMap((annotation) => {
    const object = objectOf(annotation, ids, classOf);
    if (typeof object !== "string") return [object];
    faults.add(object, isObject(annotation) ? annotation.id : undefined);
    return [];
  });
  return { images: known, classes: classes.map(({ name }) => name), classOf, objects, leftOut: faults.list() };
}

async function parsed(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readText(path, LARGEST_INSTANCES)).replace(/^\uFEFF/, ""));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "it is not JSON" : messageOf(error);
    throw new UserError(`cannot read the instances ${path}: ${reason}`);
  }
}

/** Counts faults by reason. */
class Faults {
  private readonly counts = new Map<string, { count: number; first: unknown }>();

  constructor(private readonly path: string) {}

  add(reason: string, id: unknown): void {
    const known = this.counts.get(reason);
    if (known) known.count++;
    else this.counts.set(reason, { count: 1, first: id });
  }

  list(): LeftOut[] {
    return [...this.counts].map(([reason, { count, first }]) => {
      const example = isId(first) ? ` (first: id ${excerpt(String(first))})` : "";
      return { file: this.path, kind: "annotation", reason: `${count} left out: ${reason}${example}` };
    });
  }
}

/** @throws UserError when there is none, or one has no id and name. */
function classesOf(categories: readonly unknown[], path: string): { id: number | string; name: string }[] {
  const known = new Map<number | string, string>();
  for (const category of categories)
    if (isObject(category) && isId(category.id) && typeof category.name === "string")
      known.set(category.id, category.name);
  if (known.size === 0) throw new UserError(`cannot read the instances ${path}: "categories" has no id with a name`);
  const before = (a: number | string, b: number | string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...known].map(([id, name]) => ({ id, name })).sort((a, b) => before(a.id, b.id));
}

function imagesOf(images: readonly unknown[], faults: Faults): CocoImage[] {
  const known = new Map<number | string, CocoImage>();
  for (const image of images) {
    if (!isObject(image) || !isId(image.id)) faults.add("an image has no id", undefined);
    else if (known.has(image.id)) faults.add("an image has the id of another", image.id);
    else known.set(image.id, imageOf(image.id, image));
  }
  return [...known.values()];
}

function imageOf(id: number | string, { file_name: file, width, height }: Json): CocoImage {
  const size = Number(width) > 0 && Number(height) > 0 ? { width: Number(width), height: Number(height) } : {};
  return { id, file: typeof file === "string" ? file : "", ...size };
}

/** An object, or why it is not used. */
function objectOf(
  annotation: unknown,
  images: ReadonlySet<number | string>,
  classes: ReadonlyMap<number | string, number>,
): CocoObject | string {
  if (!isObject(annotation)) return "an annotation is no object";
  const { image_id: image, category_id: category, bbox, area, iscrowd, difficult } = annotation;
  if (!isId(image) || !images.has(image)) return "an annotation is of an unknown image";
  const index = isId(category) ? classes.get(category) : undefined;
  if (index === undefined) return "an annotation is of an unknown category";
  if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every((value) => Number.isFinite(value)))
    return "a bbox is not four numbers";
  const box = bbox as [number, number, number, number];
  if (box[2] < 0 || box[3] < 0) return "a bbox has a negative size";
  const flags = { crowd: isSet(iscrowd), difficult: isSet(difficult) };
  return { image, class: index, box, ...flags, ...(typeof area === "number" && Number.isFinite(area) && { area }) };
}

const isSet = (flag: unknown): boolean => flag === true || (typeof flag === "number" && flag !== 0);
