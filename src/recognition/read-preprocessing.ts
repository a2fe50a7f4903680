import { reasonsOf, UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { sidecarPath } from "../platform/node/models.js";
import { Preprocessing, type PreprocessingOverrides } from "./preprocessing.js";
import { findStatement } from "./sources.js";

/**
 * The preprocessing of a recognizer: the overrides, then the first of its sidecar JSON, its metadata and a Hugging Face
 * `preprocessor_config.json`. Size and layout may also come from its input's shape.
 * @throws UserError when these do not define it, or one of them is not valid.
 */
export async function readPreprocessing(
  path: string,
  model: Graph,
  overrides: PreprocessingOverrides = {},
): Promise<Preprocessing> {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const statement = await findStatement(path, model.metadata);
  const values = { ...statement?.input, ...given };
  if (!statement && given.range === undefined && !(given.mean && given.std)) throw unknown(path);
  const defaults = { layout: "NCHW", channels: "RGB", range: 1, mean: [0, 0, 0], std: [1, 1, 1] };
  const result = Preprocessing.safeParse({ ...defaults, ...fromShape(model), ...values });
  if (result.success) return result.data;
  if (!("size" in values) && !("size" in fromShape(model)))
    throw new UserError(`the input size of ${path} is unknown; set \`size\` to its side in pixels`);
  const source = statement?.source ?? "the given preprocessing";
  throw new UserError(`${source} does not describe an input: ${reasonsOf(result.error)}`);
}

const unknown = (path: string) =>
  new UserError(
    `the preprocessing of ${path} is unknown: neither ${sidecarPath(path)} nor its metadata nor a ` +
      "preprocessor_config.json describes it. Write that sidecar, such as " +
      `{"input": {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}, or set \`size\`, \`mean\` ` +
      "and `std` (with `range` 255 if white is 255, `layout` NHWC if channels come last, `channels` BGR if blue comes first)",
  );

/** Layout and size from the shape of the first input: [N, H, W, 3] is NHWC, and a fixed square is the size. */
function fromShape(model: Graph): Partial<Preprocessing> {
  const [, a, b, c] = model.inputs[0]?.shape ?? [];
  const last = c === 3 && a !== 3;
  const [height, width] = last ? [a, b] : [b, c];
  return {
    ...(last && { layout: "NHWC" as const }),
    ...(typeof height === "number" && height === width && { size: height }),
  };
}
