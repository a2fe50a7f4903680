import { join, sep } from "node:path";
import { messageOf, UserError } from "../../errors.js";
import { isThere } from "../../platform/node/files.js";
import { type FoundImage, findImages, type LeftOut } from "../../platform/node/image-files.js";
import type { Annotation, Box } from "../annotation.js";
import type { Item } from "../item.js";
import type { Layout, Source, SourceOptions } from "./source.js";
import { insideImage } from "./visible-boxes.js";
import type { VocAnnotation } from "./voc-annotation.js";
import { annotationFile, findVocFolder, readVocAnnotations, readVocSet, vocClasses } from "./voc-folder.js";

/** The folder of the label maps of PASCAL VOC's segmentation. */
const LABEL_MAPS = "SegmentationClass";

/**
 * The layout of the PASCAL VOC development kit (Everingham et al., IJCV 2010): `JPEGImages`, `Annotations` with an XML file
 * for each image, and lists of images in `ImageSets/Main`. It has boxes and label maps, and no class of a whole image.
 */
export const voc: Layout = {
  summary: "VOC2007, VOC2012, VOCdevkit: PASCAL VOC, with boxes and label maps",
  async open(path, names, options) {
    if (
      !["JPEGImages", "VOCdevkit"].some((name) => names.has(name)) &&
      ![...names].some((name) => /^VOC\d{4}$/.test(name))
    )
      return undefined;
    const root = await findVocFolder(path);
    return root === undefined ? undefined : openVoc(root, options);
  },
};

async function openVoc(root: string, options: SourceOptions): Promise<Source> {
  const place = join(root, "JPEGImages");
  const found = await findImages(place).catch((error) => {
    throw new UserError(`cannot read the folder of images ${place}: ${messageOf(error)}`);
  });
  const isSegmentation =
    options.annotations === "label-maps" && (await isThere(join(root, "ImageSets", "Segmentation")));
  const set = await readVocSet(root, isSegmentation ? "Segmentation" : "Main", options);
  const byStem = new Map(found.images.map((image) => [stemOf(image.name), image]));
  const stems = set?.stems ?? [...byStem.keys()];
  const missing = stems.filter((stem) => !byStem.has(stem));
  const present = stems.filter((stem) => byStem.has(stem));
  const { annotationOf, classes, leftOut } = await annotationsOf(root, present, options.annotations);
  const used = present.flatMap((stem) => {
    const annotation = annotationOf(stem);
    return annotation ? [{ image: byStem.get(stem) as FoundImage, annotation }] : [];
  });
  if (used.length === 0) throw new UserError(nothingUsable(root, set?.name, missing.length, leftOut));
  return {
    root,
    items: used.map(({ image: { path }, annotation }): Item => ({ path, annotation })),
    reals: used.map(({ image: { real } }) => real),
    missing: missing.map((stem): Item => ({ path: join(place, `${stem}.jpg`), annotation: { kind: "none" } })),
    leftOut: [...found.leftOut.filter(({ kind }) => kind !== "other"), ...(set?.leftOut ?? []), ...leftOut],
    ...(classes && { classes }),
    ...(set?.part && { part: set.part }),
  };
}

const stemOf = (name: string): string => name.replace(/\.[^./]*$/, "").replaceAll(sep, "/");

function nothingUsable(root: string, set: string | undefined, missing: number, leftOut: readonly LeftOut[]): string {
  const [first] = leftOut;
  const faults = first
    ? `${leftOut.length} annotations are missing or broken (first: ${first.file}: ${first.reason})`
    : "";
  const absent = missing > 0 ? `${missing} listed images are missing from JPEGImages` : "";
  const why = [absent, faults].filter((each) => each !== "").join(", ") || "it has none";
  return `cannot open the images of ${root}${set === undefined ? "" : `, set ${set}`}: ${why}`;
}

/** How images are annotated. */
interface Annotated {
  /** The annotation of an image; undefined if it is missing or broken. */
  readonly annotationOf: (stem: string) => Annotation | undefined;
  readonly classes?: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

async function annotationsOf(
  root: string,
  stems: readonly string[],
  kind: SourceOptions["annotations"],
): Promise<Annotated> {
  if (kind === "boxes") return boxesOf(root, stems);
  if (kind === "label-maps") return labelMapsOf(root, stems);
  return { annotationOf: () => ({ kind: "none" }), leftOut: [] };
}

async function boxesOf(root: string, stems: readonly string[]): Promise<Annotated> {
  const { annotations, classes, leftOut } = await readVocAnnotations(root, stems);
  const indices = new Map(classes.map((name, index) => [name, index]));
  const faults: LeftOut[] = [];
  const boxes = new Map<string, readonly Box[]>();
  for (const [stem, annotation] of annotations) {
    const { inside, outside, unknown } = boxesIn(annotation, indices);
    const reasons = [
      ...(outside > 0 ? [`${outside} outside the image`] : []),
      ...(unknown > 0 ? [`${unknown} of a class that is not in classes.txt`] : []),
    ];
    const file = annotationFile(root, stem);
    if (reasons.length > 0)
      faults.push({ file, kind: "annotation", reason: `${outside + unknown} objects left out: ${reasons.join(", ")}` });
    boxes.set(stem, inside);
  }
  const annotationOf = (stem: string): Annotation | undefined => {
    const objects = boxes.get(stem);
    return objects && { kind: "boxes", boxes: objects };
  };
  return { annotationOf, classes, leftOut: [...leftOut, ...faults] };
}

/** The boxes of an annotation, clipped to its image, and how many objects are outside the image or of an unknown class. */
function boxesIn({ objects, width, height }: VocAnnotation, indices: ReadonlyMap<string, number>) {
  const size = width !== undefined && height !== undefined ? { width, height } : undefined;
  const inside: Box[] = [];
  let [outside, unknown] = [0, 0];
  for (const { name, xmin, ymin, xmax, ymax, difficult, truncated } of objects) {
    const index = indices.get(name);
    const sides = { left: xmin - 1, top: ymin - 1, right: xmax, bottom: ymax };
    const flags = { ...(difficult && { difficult }), ...(truncated && { truncated }) };
    const box = index === undefined ? undefined : insideImage({ class: index, ...sides, ...flags }, size);
    if (index === undefined) unknown++;
    else if (box) inside.push(box);
    else outside++;
  }
  return { inside, outside, unknown };
}

/** Label maps: class 0 is the background, 1 to 20 are the classes of PASCAL VOC, and 255 is the border of an object. */
async function labelMapsOf(root: string, stems: readonly string[]): Promise<Annotated> {
  const paths = new Map(stems.map((stem) => [stem, join(root, LABEL_MAPS, `${stem}.png`)]));
  const present = await Promise.all([...paths.values()].map(isThere));
  const leftOut = [...paths.values()]
    .filter((_, i) => !present[i])
    .map((file): LeftOut => ({ file, kind: "annotation", reason: "no such file" }));
  const known = new Map([...paths].filter((_, i) => present[i]));
  const annotationOf = (stem: string): Annotation | undefined => {
    const path = known.get(stem);
    return path === undefined ? undefined : { kind: "label-map", path };
  };
  return { annotationOf, classes: ["background", ...vocClasses], leftOut };
}
