import type { Dataset } from "../data/dataset.js";
import { type Item, readItem, titleOf } from "../data/item.js";
import type { Task } from "../data/task.js";
import type { MeasuredImage } from "../evaluation/measured-image.js";
import type { MeasuredEvaluation } from "../evaluation/measurements.js";
import { type EvaluationSample, evaluationSample, resolveProtocol } from "../evaluation/protocols.js";
import { spread } from "../evaluation/samples.js";
import type { Image } from "../images/image.js";
import type { Processor } from "../processors/processor.js";
import { randomAt } from "../random.js";
import { sharesOf } from "./class-shares.js";
import type { GalleryItem, GalleryPart, GalleryView } from "./document.js";
import { embeddedImage, LARGEST_SIDE } from "./embedded-image.js";
import { flippedImages, flipTotals, shownImages } from "./flips.js";
import { classifiersIn, isRight, NameList, rankedIn, shortTitles, shownPairs } from "./judged-rows.js";
import { finite } from "./predictions-part.js";

/** What was evaluated, from which the shown images are restored again. */
export interface GalleryOptions extends MeasuredEvaluation {
  readonly dataset: Dataset;
  readonly task: Task;
  /** Those of the evaluation; rows of others, such as that of a control, are not shown. */
  readonly processors: readonly Processor[];
  /** The limit of the evaluation. Default: none. */
  readonly limit?: number | undefined;
  nameOf(label: number): string;
}

/** Classes of a prediction that are shown. */
const CLASSES = 3;

/**
 * The flipped images of an evaluation, each as every processor restores it. Only these images are loaded, degraded and restored
 * again, one after the other, so that memory does not grow with the evaluation.
 * @returns undefined without processors.
 * @throws UserError when an image is no longer there.
 */
export async function galleryOf(options: GalleryOptions): Promise<GalleryPart | undefined> {
  const { measurements } = options;
  const { images, judges } = measurements;
  const rows = [...measurements.processors];
  const classifiers = classifiersIn(measurements);
  const { control } = options.setting;
  const pairs = shownPairs(rows, control ? [control.name] : []);
  if (pairs.length === 0) return undefined;
  const chosen = flippedImages(measurements, pairs);
  const titles = shortTitles(images.map(({ file }) => file));
  const list = new NameList(options.nameOf);
  const items: GalleryItem[] = [];
  for await (const { place, shown } of restoredImages(chosen, options)) {
    const image = images[place] as MeasuredImage;
    const views = rows.map((_, row): Promise<GalleryView> | null => {
      const pixels = shown[row];
      return pixels ? viewOf(pixels, image, row, classifiers, list) : null;
    });
    const truth = list.place(image.label);
    items.push({ file: titles[place] as string, truth, views: await Promise.all(views) });
  }
  return {
    kind: "gallery",
    caption: classifiers.length > 0 ? "Flipped predictions" : "Images",
    ...{ names: list.names, rows, pairs, items, judges: classifiers.map((judge) => judges[judge] as string) },
    totals: flipTotals(measurements, pairs),
    note: noteOf(options, shownImages(rows.length, pairs.length), classifiers.length > 0),
  };
}

function noteOf({ setting: { protocol }, processors }: GalleryOptions, most: number, areFlips: boolean): string {
  const form =
    protocol === "imagenet"
      ? "Images are the center crops that were judged, without loss."
      : `Images are whole, reduced to at most ${LARGEST_SIDE} pixels on the longer side; those that were not reduced are without loss.`;
  const which = areFlips
    ? "those whose class loses or gains the largest share"
    : "those with the largest change of PSNR";
  const counts = areFlips ? " The numbers beside the headings count all flips." : "";
  return `At most ${most} images of each kind${processors.length > 2 ? " and processor" : ""}: ${which}. ${form}${counts}`;
}

/** A row of an image. The names of classes are listed at once, in the order of the calls, so that a rerun lists them alike. */
async function viewOf(
  pixels: Image,
  { rows, label }: MeasuredImage,
  row: number,
  judges: readonly number[],
  list: NameList,
): Promise<GalleryView> {
  const predictions = judges.map((judge) => {
    const ranked = rankedIn(rows[row], judge);
    const shares = sharesOf(ranked);
    const shown = ranked.slice(0, CLASSES);
    return {
      ranked: shown.map((each, i) => [list.place(each.class), Number((shares[i] ?? 0).toFixed(3))] as const),
      right: isRight(rows[row], judge, label),
    };
  });
  return { image: await embeddedImage(pixels), psnr: finite(rows[row]?.psnr), predictions };
}

/** The images of places, with the pixels of each row; undefined for that of a control, which would have to be optimized again. */
async function* restoredImages(places: readonly number[], options: GalleryOptions) {
  const { dataset, task, processors, setting, measurements, limit = Number.POSITIVE_INFINITY } = options;
  const items = spread(dataset.items, limit);
  const numbers = new Map(items.map((item, number) => [titleOf(item), number]));
  const border = setting.protocol === "full" ? setting.crop_border : undefined;
  const protocol = resolveProtocol(setting.protocol, task.scale, border);
  for (const place of places) {
    const number = numbers.get(measurements.images[place]?.file ?? "") ?? -1;
    const image = await readItem(items[number] as Item, { onFlaw: () => {} }); // reported when it was evaluated
    const sample = await evaluationSample(image, task, randomAt(setting.seed, number), protocol);
    const restored = await restoredBy(sample, processors, task);
    const gated = new Map(setting.gates?.map(({ name, over }) => [name, over]));
    const shown = measurements.processors.map((name, row) => {
      const over = gated.get(name);
      if (over === undefined) return restored.get(name);
      return restored.get(measurements.images[place]?.rows[row]?.processed ? over : "none");
    });
    yield { place, shown };
  }
}

/** The images of a sample by the names of their rows. */
async function restoredBy(
  { clean, degraded, interpolated }: EvaluationSample,
  processors: readonly Processor[],
  task: Task,
): Promise<ReadonlyMap<string, Image>> {
  const restored = new Map<string, Image>([
    ["none", interpolated],
    ["clean", clean],
  ]);
  for (const processor of processors) {
    const [image] = await processor.restore([degraded], task);
    if (image) restored.set(processor.name, image);
  }
  return restored;
}
