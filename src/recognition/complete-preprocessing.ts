import { reasonsOf, UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import type { DataType } from "../onnx/tensor.js";
import { isInteger } from "../onnx/types.js";
import { Preprocessing, type PreprocessingOverrides } from "./preprocessing.js";
import type { Statement } from "./statements.js";

/** What to call the files of a recognizer in messages. */
export interface RecognizerFiles {
  readonly path: string;
  readonly sidecar: string;
}

/**
 * The preprocessing of a recognizer: the overrides, then what a file states. Size and layout may also come from its input's
 * shape.
 * @throws UserError when these do not define it, or one of them is not valid.
 */
export function completePreprocessing(
  files: RecognizerFiles,
  model: Graph,
  statement: Statement | undefined,
  overrides: PreprocessingOverrides = {},
): Preprocessing {
  const { path } = files;
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const values = { ...statement?.input, ...given };
  const type = model.inputs[0]?.type;
  if (!statement && !isInteger(type) && given.range === undefined && !(given.mean && given.std)) throw unknown(files);
  const defaults = { layout: "NCHW", channels: "RGB", range: 1, mean: [0, 0, 0], std: [1, 1, 1] };
  const stated = { ...defaults, ...fromShape(model), ...(isInteger(type) && fromInteger(type, values)), ...values };
  const result = Preprocessing.safeParse(stated);
  if (result.success) return requireLevels(path, type, result.data);
  const { shape } = model.inputs[0] ?? {};
  if (shape && shape.length !== 4)
    throw new UserError(
      `cannot use ${path} as a recognizer: its input is [${shape.join(", ")}], not images [N, 3, height, width]`,
    );
  if (!("size" in values) && !("size" in fromShape(model)))
    throw new UserError(`the input size of ${path} is unknown; set \`size\` to its side in pixels`);
  const source = statement?.source ?? "the given preprocessing";
  throw new UserError(`${source} does not describe an input: ${reasonsOf(result.error)}`);
}

/** Defaults of an integer input: pixels from 0 to 255; as int8, minus 128. */
function fromInteger(type: DataType | undefined, values: Readonly<Record<string, unknown>>): Partial<Preprocessing> {
  if (values.mean !== undefined || values.std !== undefined) return {};
  return { range: 255, ...(type === "int8" && { mean: [128, 128, 128] }) };
}

/** The fewest levels from black to white that an integer input can need. */
const FEWEST_LEVELS = 16;

/** @throws UserError when an integer input would round the image to a few levels. */
function requireLevels(path: string, type: DataType | undefined, preprocessing: Preprocessing): Preprocessing {
  const { range, std } = preprocessing;
  const levels = Math.max(...std.map((s) => Math.abs(range / s)));
  if (!isInteger(type) || levels >= FEWEST_LEVELS) return preprocessing;
  throw new UserError(
    `the input of ${path} is ${type}, but its preprocessing maps black and white to values only ` +
      `${Number(levels.toPrecision(3))} apart, which rounding would reduce to a few levels; ` +
      "set `range` to 255, with `mean` 0,0,0 and `std` 1,1,1 if the file normalizes pixels itself",
  );
}

const unknown = ({ path, sidecar }: RecognizerFiles) =>
  new UserError(
    `the preprocessing of ${path} is unknown: neither ${sidecar} nor its metadata nor a ` +
      "preprocessor_config.json describes it. Write that sidecar, such as " +
      `{"input": {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}, or set \`size\`, \`mean\` ` +
      "and `std` (with `range` 255 if white is 255, `layout` NHWC if channels come last, `channels` BGR if blue comes first, GRAY if there is one)",
  );

/** Layout, channels and size from the shape of the first input: [N, H, W, 3] is NHWC, and a fixed square is the size. */
function fromShape(model: Graph): Partial<Preprocessing> {
  const [, a, b, c] = model.inputs[0]?.shape ?? [];
  const isLast = (c === 3 || c === 1) && a !== 3 && a !== 1;
  const [height, width] = isLast ? [a, b] : [b, c];
  return {
    ...(isLast && { layout: "NHWC" as const }),
    ...((isLast ? c : a) === 1 && { channels: "GRAY" as const }),
    ...(typeof height === "number" && height === width && { size: height }),
  };
}
