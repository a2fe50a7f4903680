import { z } from "zod";
import { reasonsOf, UserError } from "../errors.js";

/** What a file states about a recognizer's preprocessing; `preprocessing.ts` checks and completes it. */
export interface Statement {
  /** The file, for messages. */
  readonly source: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The JSON value of a text. @throws UserError when it is not valid. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${source} is not valid JSON`);
  }
}

/** What a recognizer's sidecar states about its classes. */
export interface StatedClasses {
  /** The classes of its training data, from `learned`; undefined if these are all classes or unknown. */
  readonly learned?: ReadonlySet<number>;
  /** Index of the output of class 0, from `classOffset`, or from the names: 1 if the first is the background. */
  readonly classOffset?: number;
  /** The names of its classes in the order of its outputs, from `classes`. */
  readonly classNames?: readonly string[];
}

/**
 * The classes that the JSON of a recognizer's sidecar states.
 * @param source the file, for messages.
 * @throws UserError when it is not valid.
 */
export function statedClassesIn(json: unknown, source: string): StatedClasses {
  const sidecar = Classes.safeParse(json);
  if (!sidecar.success) {
    const key = String(sidecar.error.issues[0]?.path[0]);
    const expected = key === "learned" ? "a list of classes" : "a whole number from 0 on";
    throw new UserError(`\`${key}\` in ${source} is not ${expected}: ${reasonsOf(sidecar.error)}`);
  }
  const { learned, classes, accuracy, classOffset } = sidecar.data;
  // A sidecar with any of these was written for this recognizer, by `train-recognizer` for instance: it has no other class.
  const described = learned ?? classes ?? accuracy;
  const offset = classOffset ?? (described === undefined ? undefined : isBackground(classes?.[0]) ? 1 : 0);
  return {
    ...(learned && { learned: new Set(learned) }),
    ...(offset !== undefined && { classOffset: offset }),
    ...(classes && { classNames: classes }),
  };
}

const isBackground = (name: string | undefined): boolean => /^_*background_*$/i.test(name?.trim() ?? "");

const Classes = z.object({
  learned: z.array(z.number().int().nonnegative()).optional(),
  classes: z.array(z.string()).optional().catch(undefined),
  accuracy: z.unknown().optional(),
  classOffset: z.number().int().nonnegative().optional(),
});

const Sidecar = z.object({ input: z.record(z.string(), z.unknown()) });

/** What the `input` of a sidecar states. @throws UserError when there is none. */
export function inputOf(json: unknown, source: string): Statement {
  const sidecar = Sidecar.safeParse(json);
  if (!sidecar.success) throw new UserError(`${source} does not describe an input: ${reasonsOf(sidecar.error)}`);
  return { source, input: sidecar.data.input };
}

/** Legible's own key: the `input` of a sidecar as JSON. */
const INPUT_KEY = "legible.input";

/** ONNX's own values of Image.NominalPixelRange (onnx/docs/MetadataProps.md). */
const pixelRanges: Readonly<Record<string, object>> = {
  NominalRange_0_255: { range: 255 },
  NominalRange_16_235: { mean: Array(3).fill(-16 / 219), std: Array(3).fill(1 / 219) },
  Normalized_0_1: {},
  Normalized_1_1: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};

/** What the metadata of a model state, if they do. @throws UserError when it is not valid. */
export function metadataStatement(model: string, metadata: Readonly<Record<string, string>>): Statement | undefined {
  const own = metadata[INPUT_KEY];
  const source = `the metadata of ${model}`;
  if (own !== undefined) return inputOf({ input: parseJson(own, `${INPUT_KEY} in ${source}`) }, source);
  const range = pixelRanges[metadata["Image.NominalPixelRange"] ?? ""];
  const blueFirst = /^bgr/i.test(metadata["Image.BitmapPixelFormat"] ?? "");
  return range && { source, input: { ...range, ...(blueFirst && { channels: "BGR" }) } };
}

const Side = z.union([
  z.number(),
  z.object({ height: z.number(), width: z.number() }),
  z.object({ shortest_edge: z.number() }),
]);
const Channels = z.union([z.number().transform((v) => [v, v, v]), z.array(z.number()).min(1).max(3)]);

const HuggingFace = z.object({
  size: Side.optional(),
  crop_size: Side.optional(),
  do_center_crop: z.boolean().nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().positive().nullish(),
  rescale_offset: z.boolean().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: Channels.nullish(),
  image_std: Channels.nullish(),
  do_flip_channel_order: z.boolean().nullish(),
});

/** What a preprocessor_config.json states. Hugging Face multiplies a pixel of 0 to 255 by `rescale_factor`, then normalizes it. */
export function huggingFace(json: unknown, source: string): Statement["input"] {
  const parsed = HuggingFace.safeParse(json);
  if (!parsed.success) throw new UserError(`${source} does not describe an input: ${reasonsOf(parsed.error)}`);
  const config = parsed.data;
  const [mean, std] = config.do_normalize === false ? [null, null] : [config.image_mean, config.image_std];
  const white = config.do_rescale === false ? 255 : 255 * (config.rescale_factor ?? 1 / 255);
  const offset = config.rescale_offset ? 1 : 0;
  const cropped = config.do_center_crop !== false && config.crop_size !== undefined;
  const side = sideOf(cropped ? config.crop_size : config.size, source);
  // White becomes 1 here, whatever its value in the file: (image · white - offset - mean) / std.
  return {
    ...(side !== undefined && { size: side }),
    ...(config.do_flip_channel_order && { channels: "BGR" }),
    mean: (mean ?? [0]).map((m) => (m + offset) / white),
    std: (std ?? [1]).map((s) => s / white),
  };
}

function sideOf(side: z.infer<typeof Side> | undefined, source: string): number | undefined {
  if (side === undefined || typeof side === "number") return side;
  if ("shortest_edge" in side) return side.shortest_edge;
  if (side.height === side.width) return side.height;
  throw new UserError(`${source} has an input of ${side.width}x${side.height}; Legible needs a square`);
}
