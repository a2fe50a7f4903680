import { z } from "zod";
import { BOX, DETECTIONS, HEATMAP } from "../networks/detectors/detector.js";
import type { OutputKind } from "../objectives/objective.js";
import type { Graph } from "../onnx/graph.js";
import { readTextIfThere } from "../platform/node/files.js";
import { sidecarPath } from "../platform/node/models.js";
import { isRow } from "./file-outputs.js";
import { suppressesBoxes } from "./heads.js";
import { classifierModel, type RecognizerSource, shapesAt, unitBatch } from "./model.js";

/** Pixels of the image for each position from which on a single map [N, channels, height, width] is a detector's head. */
const COARSE = 32;
/** Pixels of the image for each position up to which maps of several sizes are those of a segmenter. */
const FINE = 2;

/**
 * Finds what a loss reads of a recognizer, from the shape of its chosen or first output. Rows are scores. Maps
 * [N, classes, height, width] are scores of positions, unless they are coarse, of several shapes as those of several levels,
 * or beside other tensors: then, and with outputs [N, rows, values], NMS or a sidecar of a detector, it has raw heads. Detectors
 * that Legible trained are known by their outputs.
 * @param output the name of the chosen output, if a setting chooses one.
 * @throws UserError when the file declares no shape and the recognizer does not run.
 */
export async function outputKindOf(
  path: string,
  model: Graph,
  source: RecognizerSource,
  output: string | undefined,
): Promise<OutputKind> {
  if (output === undefined && isGridDetector(model)) return "grid";
  if (output === undefined && (suppressesBoxes(model) || (await describesDetector(path)))) return "heads";
  const declared = (model.outputs.find(({ name }) => name === output) ?? model.outputs[0])?.shape;
  if (declared && (isRow(declared) || declared.length < 3)) return "scores";
  const shape = await firstShape(model, source, output);
  if (isRow(shape) || shape.length < 3) return "scores";
  // An output that is chosen by name is compared as it is.
  if (shape.length !== 4) return output === undefined ? "heads" : "scores";
  return kindOfMaps(model, source, shape);
}

/** Whether a model has the outputs of the detectors that `buildDetector` builds. */
function isGridDetector({ outputs }: Graph): boolean {
  const channelsOf = (output: string) => outputs.find(({ name }) => name === output)?.shape?.[1];
  const classes = Number(channelsOf(HEATMAP));
  return classes > 0 && channelsOf(BOX) === 4 && channelsOf(DETECTIONS) === 4 + classes;
}

/** The kind of an output that is a map for each image. */
function kindOfMaps(
  { outputs }: Graph,
  { preprocessing: { size, layout }, classNames }: RecognizerSource,
  shape: readonly number[],
): OutputKind {
  const [, channels = 1, height = 1, width = 1] = layout === "NHWC" ? [0, shape[3], shape[1], shape[2]] : shape;
  const stride = size / Math.max(height, width);
  const shapes = new Set(outputs.map((each) => each.shape?.slice(1).join()));
  if (stride >= COARSE || (stride > FINE && shapes.size > 1)) return "heads";
  const isLikeImage = channels === 3 && stride <= 1 && classNames === undefined;
  return channels > 1 && !isLikeImage ? "positions" : "scores";
}

async function firstShape(model: Graph, source: RecognizerSource, output?: string): Promise<readonly number[]> {
  const whole = classifierModel(model, source, output);
  const shapes = await shapesAt(whole, unitBatch(whole), source.preprocessing.size);
  return shapes.get(whole.sources[0]?.name ?? "") ?? [];
}

const Sidecar = z.looseObject({ detector: z.unknown().optional(), heads: z.unknown().optional() });

/** Whether the sidecar of a model describes a detector. Whether it is valid is checked where it is read. */
async function describesDetector(path: string): Promise<boolean> {
  try {
    const { detector, heads } = Sidecar.parse(JSON.parse((await readTextIfThere(sidecarPath(path))) ?? ""));
    return detector !== undefined || heads !== undefined;
  } catch {
    return false;
  }
}
