import type { AnnotationKind } from "../data/sources/source.js";
import { type Detector, openDetector } from "../detection/detector.js";
import type { DetectorSettings } from "../detection/settings.js";
import { readStatement } from "../detection/sidecar.js";
import { messageOf, UserError } from "../errors.js";
import type { Dim, Graph, ValueInfo } from "../onnx/graph.js";
import { specialize } from "../onnx/graph.js";
import { readModel, sha256OfFile } from "../platform/node/models.js";
import type { LabelSet } from "../recognition/class-offset.js";
import { type Classifier, openClassifier } from "../recognition/classifier.js";
import { isRow } from "../recognition/file-outputs.js";
import type { Judge } from "../recognition/judge.js";
import { isImage, requireNoCard } from "../recognition/processor-file.js";
import type { RecognizerSettings } from "../recognition/recognizer.js";
import { openSegmenter, type Segmenter } from "../recognition/segmenter.js";
import { statedClasses } from "../recognition/sources.js";
import { probe } from "../runtime/probe.js";
import type { SessionOptions } from "../runtime/session.js";

/** What a judge that is a file predicts. */
export type JudgeKind = Exclude<Judge["kind"], "labels">;

/** Settings of a judge of any kind; each overrides its files. */
export interface JudgeSettings extends RecognizerSettings, DetectorSettings {}

/** What is known of the data that a judge judges. */
export interface JudgedData {
  /** Labels of a classifier: see `openClassifier`. */
  readonly labels?: LabelSet;
  /** The names of the classes, which a detector's are matched with. */
  readonly classes?: readonly string[];
}

/** The file of a judge, and what it predicts. */
export interface JudgeFile {
  readonly file: string;
  /** Its name in tables. Default: that of the file. */
  readonly name?: string | undefined;
  /** Default: found from the file, as `judgeKind` does. */
  readonly kind?: JudgeKind | undefined;
}

/**
 * Opens any ONNX classifier, detector or segmenter as a judge, with the hash of its file.
 * @example
 * const judge = await openJudge({ file: "yolo.onnx" });
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function openJudge(
  { file, name, kind }: JudgeFile,
  settings: JudgeSettings = {},
  options: SessionOptions = {},
  data: JudgedData = {},
): Promise<(Classifier | Detector | Segmenter) & { readonly sha256: string }> {
  const judge = await openOfKind(kind ?? (await judgeKind(file, settings)), file, settings, options, data);
  return { ...judge, ...(name !== undefined && { name }), sha256: await sha256OfFile(file) };
}

function openOfKind(
  kind: JudgeKind,
  file: string,
  settings: JudgeSettings,
  options: SessionOptions,
  { labels, classes }: JudgedData,
) {
  if (kind === "boxes") return openDetector(file, detectorPart(settings), options, classes);
  if (kind === "label-map") return openSegmenter(file, recognizerPart(settings), options);
  return openClassifier(file, recognizerPart(settings), options, labels);
}

/** A judge's file whose kind is known. */
export interface KnownJudgeFile extends JudgeFile {
  readonly kind: JudgeKind;
}

/** Finds what each file predicts. @throws UserError as `judgeKind` does. */
export async function judgeFiles(files: readonly JudgeFile[], settings: JudgeSettings): Promise<KnownJudgeFile[]> {
  const found = [];
  for (const each of files) found.push({ ...each, kind: each.kind ?? (await judgeKind(each.file, settings)) });
  return found;
}

/** The same for files that are classifiers unless they are known as others, so that messages are those of a classifier. */
export async function recognizerFiles(files: readonly string[], settings: JudgeSettings): Promise<KnownJudgeFile[]> {
  const found: KnownJudgeFile[] = [];
  for (const file of files) found.push({ file, kind: await judgeKind(file, settings).catch((): JudgeKind => "class") });
  return found;
}

/** The annotations of data that each kind of judge needs. */
const annotations: Readonly<Record<JudgeKind, AnnotationKind>> = {
  class: "classes",
  boxes: "boxes",
  "label-map": "label-maps",
};

/**
 * The annotations of data that judges need; classes without judges.
 * @throws UserError when they need different ones.
 */
export function annotationsOf(files: readonly KnownJudgeFile[]): AnnotationKind {
  const [first] = files;
  const other = files.find(({ kind }) => kind !== first?.kind);
  if (first && other)
    throw new UserError(
      `cannot judge the same images by ${first.file}, which needs ${annotations[first.kind]}, and ${other.file}, which needs ` +
        `${annotations[other.kind]}: an evaluation reads one kind of annotation; evaluate each kind alone and join the tables`,
    );
  return annotations[first?.kind ?? "class"];
}

function recognizerPart({ size, mean, std, range, layout, channels, output, classOffset }: JudgeSettings) {
  return { size, mean, std, range, layout, channels, output, classOffset } satisfies RecognizerSettings;
}

/** The settings of a detector; `output` and `classOffset` are those of classifiers. */
const detectorPart = ({ output: _, classOffset: __, ...settings }: JudgeSettings) => settings;

/**
 * What a file predicts, found from its outputs and its sidecar: a classifier has one row of scores for each image, a
 * segmenter one output [N, classes, height, width], and a detector what an adapter of `openDetector` fits.
 * @throws UserError when the file cannot be read, is a processor, or fits none of these.
 */
export async function judgeKind(path: string, { output, size, adapter }: JudgeSettings = {}): Promise<JudgeKind> {
  const graph = await readModel(path);
  requireNoCard(path, graph);
  if (adapter !== undefined || (await isStatedDetector(path, graph))) return "boxes";
  const outputs = await shapedOutputs(graph, size);
  const chosen = output === undefined ? outputs : outputs.filter(({ name }) => name === output);
  if (chosen.length === 0) return "class"; // its message lists the outputs
  const [first] = chosen as [ValueInfo];
  const [only] = chosen.length === 1 ? [first] : [];
  if (only?.shape && isRow(only.shape) && hasBatch(graph, only.shape)) return "class";
  if (await isSegmenter(path, graph, first, only !== undefined)) return "label-map";
  if (output === undefined && (await fitsDetector(path))) return "boxes";
  // A network of several outputs, such as scores and features, is a classifier by the first; messages of others come from there.
  if (first.shape === undefined || first.shape.length <= 2 || isRow(first.shape)) return "class";
  throw new UserError(
    `cannot judge with ${path}: its outputs ${listed(outputs)} are those of no classifier [N, classes], ` +
      `segmenter [N, classes, height, width] or known detector${isImage(first.shape) ? "; a processor cannot judge" : ""}`,
  );
}

const listed = (outputs: readonly ValueInfo[]): string =>
  outputs.map(({ name, shape = [] }) => `"${name}" [${shape.join(", ")}]`).join(", ");

/** Whether the files beside a model describe a detector. */
async function isStatedDetector(path: string, { metadata }: Graph): Promise<boolean> {
  const { keys, heads, task } = await readStatement(path, metadata).catch((error: unknown) => {
    throw new UserError(`cannot judge with ${path}: ${messageOf(error)}`);
  });
  return Object.keys(keys).length > 0 || heads.length > 0 || task === "detect";
}

/** The outputs with their shapes: those declared, else those of a run. */
async function shapedOutputs(graph: Graph, size = 64): Promise<readonly ValueInfo[]> {
  const [input, ...others] = graph.inputs;
  if (!input || others.length > 0 || graph.outputs.every(({ shape }) => shape !== undefined)) return graph.outputs;
  const [, a, b, c] = input.shape ?? [];
  const isLast = (c === 3 || c === 1) && a !== 3 && a !== 1;
  const sides = (isLast ? [a, b] : [b, c]).map((side) => (typeof side === "number" ? side : size));
  const shape = isLast ? [1, ...sides, c as number] : [1, typeof a === "number" ? a : 3, ...sides];
  const { shapes } = await probe(specialize(graph, { [input.name]: shape })).catch(() => ({ shapes: new Map() }));
  return graph.outputs.map((output) => {
    const found = output.shape ?? shapes.get(output.name);
    return found ? { ...output, shape: found } : output;
  });
}

/** Whether the first axis of an output is that of the images, as far as it is declared. */
function hasBatch({ inputs }: Graph, [rows]: readonly Dim[]): boolean {
  const batch = inputs[0]?.shape?.[0];
  return typeof batch !== "string" || typeof rows !== "string" || batch === rows;
}

/** Whether an output has scores of classes for each pixel, and is no restored image. */
async function isSegmenter(path: string, { inputs }: Graph, { shape }: ValueInfo, alone: boolean): Promise<boolean> {
  if (shape?.length !== 4 || isRow(shape)) return false;
  const input = inputs[0]?.shape ?? [];
  const last = input[3] === 3 || input[3] === 1 ? input[1] !== 3 : false;
  const [classes, ...sides] = last ? [shape[3], shape[1], shape[2]] : shape.slice(1);
  const inputSides = last ? input.slice(1, 3) : input.slice(2, 4);
  const fits = sides.every((side, i) => {
    const whole = inputSides[i];
    return typeof side !== "number" || typeof whole !== "number" || (side > 1 && whole % side === 0);
  });
  if (typeof classes !== "number" || classes < 2 || !fits) return false;
  const { classNames } = await statedClasses(path);
  return classes === 3 ? classNames !== undefined : alone || classNames?.length === classes;
}

async function fitsDetector(path: string): Promise<boolean> {
  const detector = await openDetector(path).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
  });
  await detector?.release();
  return detector !== undefined;
}
