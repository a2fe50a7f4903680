import { z } from "zod";
import { reasonsOf, UserError } from "../errors.js";
import { readTextIfThere } from "../platform/node/files.js";
import { sidecarPath } from "../platform/node/models.js";
import { classNames } from "../recognition/class-names.js";
import { findStatement } from "../recognition/sources.js";
import { adapterNames } from "./adapters/names.js";

const Pair = z.tuple([z.number().positive(), z.number().positive()]);
const Four = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const Fraction = z.number().min(0).max(1);

/** Anchors of a RetinaNet: for each level the sides in pixels, and the ratios height / width of all levels. */
const Generated = z.strictObject({
  sizes: z.array(z.array(z.number().positive())),
  ratios: z.array(z.number().positive()),
});
export type GeneratedAnchors = z.infer<typeof Generated>;

/** The key `detector` of a sidecar. Each part overrides what the outputs show. */
const Keys = z.strictObject({
  adapter: z.enum(adapterNames).optional(),
  /** The names of the outputs to read. Default: all. */
  outputs: z.array(z.string()).optional(),
  /** What the four numbers of a box are. */
  boxes: z.enum(["xyxy", "cxcywh", "xywh", "yxyx"]).optional(),
  /** The unit of a box: pixels of the input, fractions of the input, or cells of a grid not yet decoded (YOLOX). */
  units: z.enum(["pixels", "fractions", "cells"]).optional(),
  /** Whether a box has an objectness score, which multiplies its class scores. */
  objectness: z.boolean().optional(),
  /** Which class score is the background's. `true` is the first. */
  background: z.union([z.boolean(), z.enum(["first", "last"])]).optional(),
  /** What turns the file's class scores into probabilities. */
  activation: z.enum(["none", "sigmoid", "softmax"]).optional(),
  /** Pixels of the input in a cell of each raw head; default: the input's width / the head's width. */
  strides: z.array(z.number().positive()).optional(),
  /** Width and height in pixels of the anchors of each raw head; or sizes and ratios, from which they are generated. */
  anchors: z.union([z.array(z.array(Pair)), Generated]).optional(),
  /** How raw heads encode boxes: as YOLOv3 and v4 (`exp`) or as YOLOv5 and v7 (`square`). */
  encoding: z.enum(["exp", "square"]).optional(),
  /** Factor of the center's offset inside a cell (`scale_x_y` of darknet); for `exp`. */
  scaleXY: z.number().positive().optional(),
  /** Default boxes that box offsets refer to: center, width and height of each, or the name of a tensor in the file. */
  priors: z.union([z.string(), z.array(Four)]).optional(),
  /** Divisors of box offsets, x, y, w, h; default: 0.1, 0.1, 0.2, 0.2, and 1 for generated anchors. */
  variances: Four.optional(),
  resize: z.enum(["letterbox", "stretch", "none"]).optional(),
  scoreThreshold: Fraction.optional(),
  nmsIou: Fraction.optional(),
  classAgnostic: z.boolean().optional(),
  topK: z.number().int().positive().optional(),
});
export type DetectorKeys = z.infer<typeof Keys>;

/** A raw head, as the sidecar's `heads` lists it. */
const HeadEntry = z.object({
  output: z.string(),
  stride: z.number().positive().optional(),
  anchors_px: z.array(Pair),
  scale_x_y: z.number().positive().optional(),
});
export type Head = z.infer<typeof HeadEntry>;

const Sidecar = z.object({
  input: z.record(z.string(), z.unknown()).optional(),
  detector: Keys.optional(),
  heads: z.array(HeadEntry).optional(),
});

/** What the files of a detector state about it. */
export interface DetectorStatement {
  /** The preprocessing that a file states; `source` undefined: none does. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly source: string | undefined;
  readonly keys: DetectorKeys;
  readonly heads: readonly Head[];
  /** The names of the classes in the order of the outputs; empty if they are not known. */
  readonly names: readonly string[];
  readonly resize: "letterbox" | "stretch" | undefined;
  /** What the exporter Ultralytics notes as `task`. */
  readonly task: string | undefined;
}

/**
 * Reads what the sidecar of a detector, its metadata (those of Ultralytics too) and a Hugging Face preprocessor_config.json
 * state about it.
 * @throws UserError when one of them is not valid.
 */
export async function readStatement(
  path: string,
  metadata: Readonly<Record<string, string>>,
): Promise<DetectorStatement> {
  const source = sidecarPath(path);
  const sidecar = parse(await readTextIfThere(source), source);
  const ultralytics = ultralyticsOf(metadata);
  const stated = sidecar && !sidecar.input ? undefined : await findStatement(path, metadata);
  const input: DetectorStatement["input"] = stated?.input ?? ultralytics?.input ?? {};
  const own = await classNames(path);
  return {
    input,
    source: stated?.source ?? (ultralytics && `the metadata of ${path}`),
    keys: sidecar?.detector ?? {},
    heads: sidecar?.heads ?? [],
    names: own.length > 0 ? own : (ultralytics?.names ?? []),
    resize: resizeOf(input.resize),
    task: ultralytics ? (metadata.task ?? "detect") : undefined,
  };
}

function parse(text: string | undefined, source: string): z.infer<typeof Sidecar> | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${source} is not valid JSON`);
  }
  const result = Sidecar.safeParse(json);
  if (result.success) return result.data;
  throw new UserError(`${source} does not describe a detector: ${reasonsOf(result.error)}`);
}

/** "whole image to 320x320, no letterbox" is a stretch. */
function resizeOf(text: unknown): "letterbox" | "stretch" | undefined {
  if (typeof text !== "string") return undefined;
  if (/letterbox/i.test(text) && !/\b(no|not|without)\b[^,;.]*letterbox/i.test(text)) return "letterbox";
  return /letterbox|stretch|whole|warp/i.test(text) ? "stretch" : undefined;
}

/** The metadata of Ultralytics' export: names as a Python dictionary, imgsz [height, width]; its networks take RGB in [0, 1]. */
function ultralyticsOf({ names, imgsz, stride, author }: Readonly<Record<string, string>>) {
  if (names === undefined || (stride === undefined && imgsz === undefined && author !== "Ultralytics"))
    return undefined;
  const [height, width] = [...(imgsz ?? "").matchAll(/\d+/g)].map(([digits]) => Number(digits));
  return {
    input: height !== undefined && height === (width ?? height) ? { size: height } : {},
    names: pythonNames(names),
  };
}

/** The strings of a Python dictionary {0: 'person', 1: "driver's seat"} or list. */
function pythonNames(text: string): string[] {
  const strings = text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g);
  return [...strings].map(([, single, double]) => (single ?? double ?? "").replace(/\\(.)/g, "$1"));
}
