import { extname } from "node:path";
import { UserError } from "../errors.js";
import type { DetectionProblem } from "../metrics/detection/boxes.js";
import { type CocoFigures, type CocoPrecision, cocoAveragePrecision } from "../metrics/detection/coco.js";
import { type VocClass, vocAveragePrecision } from "../metrics/detection/voc.js";
import type { LeftOut } from "../platform/node/image-files.js";
import { excerpt } from "../printable.js";
import { type FileDetection, readCocoResults, readDevkitResults } from "./result-files.js";
import { type DetectionTruth, readDetectionTruth } from "./truth.js";

/** Options of `scoreDetections`. */
export interface ScoreOptions {
  /** The list of images of a VOC folder, and the set of the devkit's result files. Default: test, val, or the only one. */
  readonly set?: string;
  /** Smallest overlap of a true positive for the VOC figures, 0 to 1. Default: 0.5. */
  readonly iou?: number;
}

/** Figures of detections, 0 to 1. */
export interface DetectionScore {
  /** By the rules of PASCAL VOC; null where there are no objects. The COCO figures are -1 there. */
  readonly voc: {
    readonly map11: number | null;
    readonly map: number | null;
    readonly iou: number;
    readonly classes: Readonly<Record<string, VocClass>>;
  };
  readonly coco: Omit<CocoFigures, "classes"> & { readonly classes: Readonly<Record<string, CocoPrecision>> };
  readonly counts: {
    readonly images: number;
    readonly objects: number;
    readonly difficult: number;
    readonly crowds: number;
    /** Detections that are compared with objects. */
    readonly detections: number;
    /** Detections in images that are not in the truth; they are left out. */
    readonly inUnknownImages: number;
    /** Detections of a category id that is not in the truth; they are left out. */
    readonly ofUnknownCategories: number;
  };
  readonly data: { readonly truth: string; readonly found: string; readonly set?: string };
  /** Annotations that are not used. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Compares a detector's result files with annotations by the rules of PASCAL VOC (1 is added to widths and heights) and of
 * COCO (it is not), on the same corners.
 * @param truth a VOC folder, or a COCO file of instances.
 * @param found a file of COCO's result format, or a folder of the devkit's result files.
 * @throws UserError when one of them cannot be read.
 */
export async function scoreDetections(
  truth: string,
  found: string,
  options: ScoreOptions = {},
): Promise<DetectionScore> {
  const { set, iou = 0.5 } = options;
  const annotated = await readDetectionTruth(truth, set);
  const isFile = isJson(found);
  if (set !== undefined && isFile && isJson(truth))
    throw new UserError(`\`set\` has no effect on ${truth} and ${found}: each file is one set; leave it out`);
  const detections = await (isFile ? readCocoResults(found) : readDevkitResults(found, set ?? annotated.set));
  const { problem, classes, inUnknownImages, ofUnknownCategories } = problemOf(annotated, detections, found);
  const voc = vocAveragePrecision(problem, { iou, inclusive: true });
  const coco = cocoAveragePrecision(problem);
  const byName = <V>(figures: ReadonlyMap<number, V>, absent: V): Record<string, V> =>
    Object.fromEntries(classes.map((name, index) => [name, figures.get(index) ?? absent]));
  return {
    voc: { map11: voc.map11, map: voc.map, iou, classes: byName(voc.classes, { ap11: null, ap: null, positives: 0 }) },
    coco: { ...coco, classes: byName(coco.classes, { AP: -1, AP50: -1, AP75: -1 }) },
    counts: {
      images: problem.images,
      objects: problem.truth.length,
      difficult: problem.truth.filter(({ difficult }) => difficult).length,
      crowds: problem.truth.filter(({ crowd }) => crowd).length,
      detections: problem.found.length,
      inUnknownImages,
      ofUnknownCategories,
    },
    data: { truth, found, ...(annotated.set !== undefined && { set: annotated.set }) },
    leftOut: annotated.leftOut,
  };
}

const isJson = (path: string): boolean => extname(path).toLowerCase() === ".json";

/** Detections with the indices of their images and classes. Class names that the truth lacks are added to its classes. */
function problemOf(truth: DetectionTruth, detections: readonly FileDetection[], path: string) {
  const classes = [...truth.classes];
  const indices = new Map(classes.map((name, index) => [name, index]));
  const found: DetectionProblem["found"][number][] = [];
  let [inUnknownImages, ofUnknownCategories] = [0, 0];
  const classOf = (category: number | string): number | undefined => {
    if (typeof category === "number") return truth.classOf(category);
    const known = indices.get(category) ?? (/^\d+$/.test(category) ? truth.classOf(Number(category)) : undefined);
    if (known !== undefined || /^\d+$/.test(category)) return known;
    indices.set(category, classes.length);
    return classes.push(category) - 1;
  };
  for (const { image: name, category, ...box } of detections) {
    const index = classOf(category);
    if (index === undefined && truth.numbered) throw new UserError(unknownNumber(category, truth, path));
    const image = truth.imageOf(name);
    if (image === undefined) inUnknownImages++;
    else if (index === undefined) ofUnknownCategories++;
    else found.push({ image, class: index, ...box });
  }
  return {
    problem: { images: truth.images, truth: truth.objects, found },
    classes,
    inUnknownImages,
    ofUnknownCategories,
  };
}

const unknownNumber = (category: number | string, { classes }: DetectionTruth, path: string): string =>
  `cannot read the detections ${path}: category_id ${excerpt(String(category))} is not one of the ${classes.length} classes ` +
  `of the truth, counted from 1 (${excerpt(classes.join(", "))}); give class names instead, or list all classes in classes.txt`;
