import { z } from "zod";
import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { sidecarPath } from "../platform/node/models.js";
import { Preprocessing, type PreprocessingOverrides } from "./preprocessing.js";
import { findStatement } from "./sources.js";

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
