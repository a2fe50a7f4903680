import { type Item, titleOf } from "../data/item.js";
import { UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { toPlanar } from "../images/planar.js";
import { resize } from "../images/resize.js";
import { keyOf } from "../jobs/job.js";
import { GraphBuilder } from "../onnx/builder.js";
import { type Dim, type Graph, specialize, type ValueInfo } from "../onnx/graph.js";
import { float32, type Tensor } from "../onnx/tensor.js";
import { modelTitle, readModel } from "../platform/node/models.js";
import { BatchedSession, declaredBatchOf } from "../runtime/batching.js";
import { Session, type SessionOptions } from "../runtime/session.js";
import { lacking } from "./classes.js";
import { inlineBehindPreprocessing, inputNotes } from "./input.js";
import type { Judge, LabelMapPrediction } from "./judge.js";
import { judgeInput } from "./judge-input.js";

import type { Preprocessing } from "./preprocessing.js";
import { type RecognizerSettings, readSource } from "./recognizer.js";
import { findStatement } from "./sources.js";

/** How a segmenter sees an image. */
export interface SegmenterSettings {
  /** The side of its square input, to which images are resized; null: images keep their size up to a multiple of `multiple`. */
  readonly size: number | null;
  /** Pixels of which the sides of its input are multiples, where images keep their size. */
  readonly multiple: number;
}

/** A judge that predicts the class of each pixel. */
export interface Segmenter extends Judge<LabelMapPrediction> {
  readonly settings: SegmenterSettings;
  /** Notes on how it is computed, one sentence each. */
  readonly notes: readonly string[];
  predict(images: readonly Image[]): Promise<readonly LabelMapPrediction[]>;
  /** Frees the session. */
  release(): Promise<void>;
}

/** Sides of an input whose size is open are multiples of this, since most networks reduce an image by powers of 2 up to it. */
const MULTIPLE = 32;
/** Label 255 is ignored, so that classes end before it. */
const MOST_CLASSES = 255;
/** The name of the output in the graph that is run. */
const SCORES = "scores";

/**
 * Opens any ONNX per-pixel classifier as a judge: its output is [N, classes, height, width], or channels last if its input
 * is. An image is resized to the network's input (bilinear, antialiased), and the class with the highest score is resized
 * to the image (nearest neighbor). Its classes are those of the label maps.
 * @example
 * const judge = await openSegmenter("deeplab.onnx");
 * const [{ classes }] = await judge.predict([await decodeImage("street.jpg")]);
 * @throws UserError when the file or its sidecar cannot be used.
 */
export async function openSegmenter(
  path: string,
  { output, classOffset: _, ...overrides }: RecognizerSettings = {},
  options: SessionOptions = {},
): Promise<Segmenter> {
  const model = await readModel(path);
  const isOpen = await hasOpenSize(path, model, overrides.size);
  const source = await readSource(path, model, isOpen ? { ...overrides, size: MULTIPLE } : overrides);
  const { preprocessing, sha256 } = source;
  const scores = outputOf(model, output);
  const graph = withScoresOf(model, preprocessing, scores);
  const settings: SegmenterSettings = { size: isOpen ? null : preprocessing.size, multiple: isOpen ? MULTIPLE : 1 };
  const last = preprocessing.layout === "NHWC";
  const runner = await startRunner(graph, settings, declaredBatchOf(model.inputs[0]), options);
  const name = modelTitle(path);
  return {
    kind: "label-map",
    name,
    key: keyOf({ sha256, preprocessing, output: scores.name, settings, kind: "label-map" }),
    settings,
    notes: [...(model.notes ?? []), ...inputNotes(model, preprocessing)],
    async requireKnows(items, attempt) {
      for (const item of items) requireLabelMap(name, item, attempt);
    },
    async predict(images) {
      const maps = (await runner.run(images)).flatMap((tensor) => labelMaps(name, tensor, last));
      return images.map((image, i) => resizedTo(image, maps[i] as LabelMapPrediction));
    },
    release: () => runner.release(),
  };
}

function requireLabelMap(name: string, item: Item, attempt: string): void {
  if (item.annotation.kind !== "label-map")
    throw new UserError(`cannot ${attempt} ${name} on ${titleOf(item)}: ${lacking(item, "label-map")}`);
}

/** Whether neither the file nor what describes it states the size of its input. */
async function hasOpenSize(path: string, { inputs, metadata }: Graph, size: number | undefined): Promise<boolean> {
  const axes = (inputs[0]?.shape ?? []).slice(1);
  if (size !== undefined || axes.filter((axis) => typeof axis === "number").length > 1) return false;
  return (await findStatement(path, metadata))?.input.size === undefined;
}

/** @throws UserError when the file has no output of that name, or none that holds scores of classes by pixel. */
function outputOf({ name, outputs }: Graph, chosen: string | undefined): ValueInfo {
  const found = outputs.find((each) => (chosen === undefined ? isPixelScores(each.shape) : each.name === chosen));
  if (found) return found;
  const listed = outputs.map((each) => `"${each.name}" [${(each.shape ?? []).join(", ")}]`).join(", ");
  throw new UserError(
    `cannot judge with ${name} as a segmenter: it has ${listed}; expected scores [N, classes, height, width]` +
      (chosen === undefined ? "" : ` in \`output\` ${chosen}`),
  );
}

/** Whether a shape can be that of scores of classes by pixel, in either layout. An unknown shape can. */
export const isPixelScores = (shape: readonly Dim[] | undefined): boolean => shape === undefined || shape.length === 4;

function withScoresOf(model: Graph, preprocessing: Preprocessing, scores: ValueInfo): Graph {
  const b = new GraphBuilder(model.name);
  const outputs = inlineBehindPreprocessing(b, model, preprocessing);
  const value = outputs[scores.name] as string;
  b.output(SCORES, scores.type === undefined || scores.type === "float32" ? value : b.Cast(value, "float32"));
  return b.build();
}

/** Runs a segmenter's graph on images of any size. */
interface Runner {
  /** The scores of the images, in order; a tensor can hold those of several. */
  run(images: readonly Image[]): Promise<Tensor[]>;
  release(): Promise<void>;
}

async function startRunner(
  graph: Graph,
  { size, multiple }: SegmenterSettings,
  declaredBatch: number | null,
  options: SessionOptions,
): Promise<Runner> {
  if (size !== null) {
    const session = await BatchedSession.open({ graph, image: [3, size, size], declaredBatch }, options);
    return {
      async run(images) {
        const outputs = await session.run(float32(judgeInput(images, size), [images.length, 3, size, size]));
        return [outputs[SCORES] as Tensor];
      },
      release: () => session.release(),
    };
  }
  const session = await Session.create(specialize(graph, { image: [1, 3, "height", "width"] }), options);
  const runOne = async (image: Image): Promise<Tensor> => {
    const [width, height] = [image.width, image.height].map((side) => Math.ceil(side / multiple) * multiple) as [
      number,
      number,
    ];
    const input = new Float32Array(3 * width * height);
    toPlanar(resize(image, width, height, "bilinear"), input, 0);
    return (await session.run({ image: float32(input, [1, 3, height, width]) }))[SCORES] as Tensor;
  };
  return {
    async run(images) {
      const scores: Tensor[] = [];
      for (const image of images) scores.push(await runOne(image));
      return scores;
    },
    release: () => session.release(),
  };
}

/** The class with the highest score of each pixel; of equal scores the lower class. @throws UserError for another shape. */
function labelMaps(name: string, { data, shape }: Tensor, last: boolean): LabelMapPrediction[] {
  const [count = 0, a = 0, b = 0, c = 0] = shape;
  const [classes, height, width] = last ? [c, a, b] : [a, b, c];
  if (shape.length !== 4 || classes < 2 || classes > MOST_CLASSES)
    throw new UserError(
      `cannot judge with ${name} as a segmenter: its output is [${shape.join(", ")}], not [N, classes, height, width] ` +
        `with 2 to ${MOST_CLASSES} classes`,
    );
  const scores = data as Float32Array;
  const area = width * height;
  const [classStep, pixelStep] = last ? [1, classes] : [area, 1];
  return Array.from({ length: count }, (_, image) => {
    const start = image * classes * area;
    const labels = new Uint8Array(area);
    for (let pixel = 0; pixel < area; pixel++) {
      const first = start + pixel * pixelStep;
      let [best, most] = [0, scores[first] as number];
      for (let index = 1; index < classes; index++) {
        const score = scores[first + index * classStep] as number;
        if (score > most) [best, most] = [index, score];
      }
      labels[pixel] = best;
    }
    return { kind: "label-map", width, height, classes: labels };
  });
}

/** A label map at the size of an image, by nearest neighbor as Pillow's: the pixel that contains the scaled center. */
function resizedTo({ width, height }: Image, map: LabelMapPrediction): LabelMapPrediction {
  if (map.width === width && map.height === height) return map;
  const columns = nearest(width, map.width);
  const rows = nearest(height, map.height);
  const classes = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      classes[y * width + x] = map.classes[(rows[y] as number) * map.width + (columns[x] as number)] as number;
  return { kind: "label-map", width, height, classes };
}

const nearest = (to: number, from: number): Uint32Array =>
  Uint32Array.from({ length: to }, (_, i) => Math.floor(((i + 0.5) * from) / to));
