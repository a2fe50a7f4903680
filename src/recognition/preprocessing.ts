import { z } from "zod";
import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { sidecarPath } from "../platform/node/models.js";
import { findStatement } from "./sources.js";

const Triple = z.tuple([z.number(), z.number(), z.number()]);

/** What a recognizer wants to be fed: ((image in [0, 1]) · range - mean) / std. */
export const Preprocessing = z.object({
  /** Side of the square input in pixels. */
  size: z.number().int().positive(),
  layout: z.enum(["NCHW", "NHWC"]),
  channels: z.enum(["RGB", "BGR"]),
  /** The value of white before `mean` and `std`. */
  range: z.union([z.literal(1), z.literal(255)]),
  /** Taken from each channel (of values in [0, range]), in RGB order. */
  mean: Triple,
  /** Then each channel is divided by this. */
  std: Triple.refine((std) => std.every((s) => s !== 0), "a standard deviation is 0"),
});
export type Preprocessing = z.infer<typeof Preprocessing>;

/** Settings from the command line; each one given wins over what files say. */
export type PreprocessingOverrides = { readonly [K in keyof Preprocessing]?: Preprocessing[K] | undefined };

/**
 * How a recognizer wants its images: as the overrides say, then the first that says anything of the JSON beside it, its
 * metadata and a Hugging Face `preprocessor_config.json`; size and layout also as its input's shape says.
 * @throws UserError when nothing says enough, or what is said is not valid.
 */
export async function readPreprocessing(
  path: string,
  model: Graph,
  overrides: PreprocessingOverrides = {},
): Promise<Preprocessing> {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const statement = await findStatement(path, model.metadata);
  const values = { ...statement?.input, ...given };
  if (!statement && given.range === undefined && !(given.mean && given.std)) throw question(path);
  const whole = { layout: "NCHW", channels: "RGB", range: 1, mean: [0, 0, 0], std: [1, 1, 1] };
  const result = Preprocessing.safeParse({ ...whole, ...shapeSays(model), ...values });
  if (result.success) return result.data;
  if (!("size" in values) && !("size" in shapeSays(model)))
    throw new UserError(`how large does ${path} want its images? Give the side in pixels by --size`);
  const source = statement?.source ?? "the command line";
  throw new UserError(`${source} does not describe an input: ${z.prettifyError(result.error)}`);
}

const question = (path: string) =>
  new UserError(
    `how does ${path} want its images? Neither ${sidecarPath(path)} beside it nor its metadata nor a ` +
      "preprocessor_config.json says so. Write the first, such as " +
      `{"input": {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}, or give --size, --mean ` +
      "and --std (--range 255 where white is 255; --layout nhwc, --channels bgr where that is so)",
  );

/** What the shape of the first input tells: [N, H, W, 3] is NHWC, and a fixed square is the size. */
function shapeSays(model: Graph): Partial<Preprocessing> {
  const [, a, b, c] = model.inputs[0]?.shape ?? [];
  const last = c === 3 && a !== 3;
  const [height, width] = last ? [a, b] : [b, c];
  return {
    ...(last && { layout: "NHWC" as const }),
    ...(typeof height === "number" && height === width && { size: height }),
  };
}
