import { extname } from "node:path";
import { enhancePixels } from "../enhancement/enhance.js";
import type { OverwriteMode } from "../enhancement/image-states.js";
import { UserError } from "../errors.js";
import { type JudgeFile, openJudge } from "../evaluation/open-judge.js";
import { centerCrop } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import { decodeImage, encodedImage, encodeImage } from "../platform/node/codec.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { openProcessor } from "../processors/open.js";
import { type PackagedChoice, packagedModelsFor } from "../processors/packaged.js";
import { classNames } from "../recognition/class-names.js";
import type { Prediction, Unjudged } from "../recognition/judge.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { type ComparedResult, comparisonPage, comparisonSheet } from "../report/comparison.js";
import { named } from "../settings.js";
import type { Context, Ended } from "./command.js";
import { isKept } from "./enhance-stream.js";

interface CompareSettings extends PackagedChoice {
  readonly inputs: readonly string[];
  readonly compare: string;
  readonly overwrite: OverwriteMode;
  readonly judge?: readonly JudgeFile[] | undefined;
  readonly tile?: number | undefined;
  readonly threads?: number | undefined;
}

/** The most pixels a side that are compared, from the center of the image: all results together are one image. */
const LARGEST_SIDE = 512;

/**
 * Writes one image beside the results of all packaged models of its task.
 * @throws UserError when settings contradict each other, or a file cannot be read or written.
 */
export async function compare(settings: CompareSettings, { report, print }: Context): Promise<Ended> {
  const { compare: out, judge = [], tile, threads } = settings;
  const input = oneInput(settings);
  await requireWritable([out], [input]);
  if (await isKept(out, settings)) {
    report.info(`left alone: ${out} exists; ${named("overwrite")} replace overwrites it`);
    return "done";
  }
  const models = await packagedModelsFor(settings);
  const image = centralPart(await decodeImage(input));
  const scale = models[0]?.scale ?? 1;
  const [width, height] = [image.width * scale, image.height * scale];
  const images = new Map([["input", scale === 1 ? image : resize(image, width, height, "bicubic")]]);
  for (const { name, file } of models) {
    report.info(`enhancing with ${name}`);
    const processor = await openProcessor(file, { threads });
    try {
      images.set(name, (await enhancePixels(processor, { ...image, channels: 3 }, { tile })) as Image);
    } finally {
      await processor.release();
    }
  }
  const remarks = await predicted(judge, [...images.values()]);
  const results = [...images].map(([name, each], i) => ({ name, image: each, remarks: remarks[i] ?? [] }));
  await write(out, input, results);
  print(out);
  return "done";
}

/** @throws UserError when the inputs or the output are not those of a comparison. */
function oneInput({ inputs, compare: out }: CompareSettings): string {
  const [input = "", ...others] = inputs;
  if (others.length > 0) throw new UserError(`${named("compare")} takes one image, not ${inputs.length}`);
  if (input === "-") throw new UserError(`${named("compare")} takes a file, not standard input`);
  if (!/^\.(png|html)$/i.test(extname(out)))
    throw new UserError(`cannot write ${out}: ${named("compare")} takes a name that ends in .png or .html`);
  return input;
}

const centralPart = (image: Image): Image =>
  centerCrop(image, Math.min(LARGEST_SIDE, image.width), Math.min(LARGEST_SIDE, image.height));

async function write(out: string, input: string, results: readonly ComparedResult[]): Promise<void> {
  if (/\.png$/i.test(out)) return encodeImage(comparisonSheet(results), out);
  const encode = (image: Image) => encodedImage(image, "image.png");
  await writeBytes(out, [await comparisonPage(input, results, encode)]);
}

/** What each judge predicts for each image. @returns lines by image. */
async function predicted(judges: readonly JudgeFile[], images: readonly Image[]): Promise<string[][]> {
  const lines: string[][] = images.map(() => []);
  for (const each of judges) {
    const judge = await openJudge(each);
    const names = judge.kind === "class" ? await namesOfClasses(each.file) : "classes" in judge ? judge.classes : [];
    for (const [i, image] of images.entries()) {
      const [prediction] = await judge.predict([image]);
      lines[i]?.push(`${judge.name}: ${prediction ? textOf(prediction, names) : "nothing"}`);
    }
    await judge.release();
  }
  return lines;
}

const namesOfClasses = async (file: string): Promise<readonly string[]> =>
  classNames(file, (await readRecognizer(file)).classOffset);

/** A prediction as a short text. */
function textOf(prediction: Prediction | Unjudged, names: readonly string[]): string {
  const nameOf = (index: number): string => names[index] ?? `class ${index}`;
  if (prediction.kind === "class") return nameOf(prediction.ranked[0]?.class ?? 0);
  if (prediction.kind === "labels") return prediction.labels[0]?.name ?? "nothing";
  if (prediction.kind === "label-map") return `${new Set(prediction.classes).size} classes`;
  if (prediction.kind === "unjudged") return prediction.reason;
  const [best] = prediction.boxes;
  return best
    ? `${prediction.boxes.length} boxes, best ${nameOf(best.class)} ${Math.round(100 * best.score)} %`
    : "no box";
}
