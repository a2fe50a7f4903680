import { readdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { isThere, statusOf } from "../../platform/node/files.js";
import { type FoundImage, findImages, type LeftOut } from "../../platform/node/image-files.js";
import type { Annotation, Box } from "../annotation.js";
import type { Item } from "../item.js";
import { type CocoFile, type CocoImage, type CocoObject, readCocoFile } from "./coco-file.js";
import { candidates } from "./parts.js";
import type { Layout, Source, SourceOptions } from "./source.js";
import { insideImage } from "./visible-boxes.js";

const INSTANCES = /^instances_(.+)\.json$/;

/**
 * COCO: a file `instances_*.json`, or a folder with `annotations/instances_*.json`. Images are in a folder named like the
 * file (`train2017` for `instances_train2017.json`), in `images`, or beside.
 */
export const coco: Layout = {
  summary: "instances_*.json, or a folder with annotations/instances_*.json: COCO, with boxes",
  async open(path, names, options) {
    if (names.size === 0 && (await isJsonFile(path))) return openCoco(path, options);
    const file = names.has("annotations") ? await fileIn(path, names, options) : undefined;
    if (file === undefined) return undefined;
    return { ...(await openCoco(file, options)), ...(options.set === undefined && { part: options.part }) };
  },
};

const isJsonFile = async (path: string): Promise<boolean> =>
  extname(path).toLowerCase() === ".json" && ((await statusOf(path).catch(() => undefined))?.isFile() ?? false);

/**
 * The file of a folder that the options choose; undefined if it has none, or is opened without boxes and has a folder of
 * images for each part.
 * @throws UserError when the chosen one is missing, or several fit.
 */
async function fileIn(
  path: string,
  names: ReadonlySet<string>,
  { part, set, annotations }: SourceOptions,
): Promise<string | undefined> {
  const place = join(path, "annotations");
  const files = (await readdir(place).catch(() => [])).filter((name) => INSTANCES.test(name)).sort();
  if (files.length === 0) return undefined;
  if (annotations !== "boxes" && candidates([...names], part).length > 0) return undefined;
  const sets = files.map((name) => INSTANCES.exec(name)?.[1] as string);
  const ofParts = [...candidates(sets, "train"), ...candidates(sets, "test")];
  const fitting = set !== undefined ? sets.filter((each) => each === set) : candidates(sets, part);
  const chosen = fitting.length === 0 && set === undefined && ofParts.length === 0 ? sets : fitting;
  if (chosen.length === 1) return join(place, `instances_${chosen[0]}.json`);
  const what = set === undefined ? `the ${part} part` : `the set ${set}`;
  throw new UserError(
    `cannot choose ${what} of ${path}: annotations/ has ${files.join(", ")}; choose one of them as \`set\``,
  );
}

async function openCoco(path: string, { annotations }: SourceOptions): Promise<Source> {
  if (annotations === "label-maps")
    throw new UserError(`cannot read the label maps of ${path}: only PASCAL VOC's are read`);
  const file = await readCocoFile(path);
  const root = await imageFolder(path, file.images);
  const found = await findImages(root).catch((error) => {
    throw new UserError(`cannot read the folder of images ${root}: ${messageOf(error)}`);
  });
  const byName = new Map(found.images.map((image) => [image.name, image]));
  const listed = file.images.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const present = listed.filter((image) => byName.has(nameOf(image)));
  if (present.length === 0)
    throw new UserError(
      `cannot open the images of ${path}: none of its ${listed.length} images exists` +
        `${listed[0] ? ` (first: ${join(root, nameOf(listed[0]))})` : ""}; put them in a folder images/ beside annotations/`,
    );
  const files = present.map((image) => byName.get(nameOf(image)) as FoundImage);
  const { boxes, leftOut } = annotations === "boxes" ? boxesOf(path, file) : { boxes: undefined, leftOut: [] };
  const annotationOf = ({ id }: CocoImage): Annotation =>
    boxes ? { kind: "boxes", boxes: boxes.get(id) ?? [] } : { kind: "none" };
  return {
    root,
    items: present.map((image, i): Item => ({ path: (files[i] as FoundImage).path, annotation: annotationOf(image) })),
    reals: files.map(({ real }) => real),
    missing: listed
      .filter((image) => !byName.has(nameOf(image)))
      .map((image): Item => ({ path: join(root, nameOf(image)), annotation: { kind: "none" } })),
    leftOut: [...found.leftOut.filter(({ kind }) => kind !== "other"), ...file.leftOut, ...leftOut],
    ...(boxes && { classes: file.classes }),
  };
}

/** The name of an image relative to its folder, with "/". */
const nameOf = ({ file }: CocoImage): string => file.replaceAll("\\", "/").replace(/^(\.\/)+/, "");

/** Images whose files are looked for in each folder that can be the images' one. */
const TRIED = 20;

/** The first of the usual folders that has one of the first images; else the folder of the file. */
async function imageFolder(path: string, images: readonly CocoImage[]): Promise<string> {
  const above = dirname(dirname(path));
  const set = INSTANCES.exec(basename(path))?.[1];
  const named = (folder: string) => (set === undefined ? [] : [join(folder, set)]);
  const usual = [...named(above), ...named(join(above, "images")), join(above, "images"), above];
  const beside = [...named(dirname(path)), join(dirname(path), "images"), dirname(path)];
  const folders = basename(dirname(path)) === "annotations" ? [...usual, ...beside] : [...beside, ...usual];
  const names = images.map(nameOf).filter((name) => name !== "");
  for (const folder of folders)
    for (const name of names.slice(0, TRIED)) if (await isThere(join(folder, name))) return folder;
  return dirname(path);
}

/** The boxes of each image, clipped to it, and what was left out. */
function boxesOf(path: string, { images, objects }: CocoFile) {
  const sizes = new Map(images.map((image) => [image.id, image]));
  const boxes = new Map<number | string, Box[]>();
  let outside = 0;
  for (const object of objects) {
    const box = boxOf(object, sizes.get(object.image));
    const others = boxes.get(object.image);
    if (!box) outside++;
    else if (others) others.push(box);
    else boxes.set(object.image, [box]);
  }
  const reason = `${outside} left out: a bbox is empty, or outside its image`;
  const leftOut: LeftOut[] = outside > 0 ? [{ file: path, kind: "annotation", reason }] : [];
  return { boxes, leftOut };
}

function boxOf(
  { box, class: index, crowd, difficult, area }: CocoObject,
  image: CocoImage | undefined,
): Box | undefined {
  const [x, y, width, height] = box;
  const { width: w, height: h } = image ?? {};
  const size = w !== undefined && h !== undefined ? { width: w, height: h } : undefined;
  const flags = { ...(crowd && { crowd }), ...(difficult && { difficult }), ...(area !== undefined && { area }) };
  return insideImage({ class: index, left: x, top: y, right: x + width, bottom: y + height, ...flags }, size);
}
