import { UserError } from "../errors.js";
import { int } from "./builder.js";
import { float32, int64 } from "./tensor.js";
import { type Upgrade, withAttribute, withInput, without } from "./upgrade.js";
import { BatchNormalization, Dropout, flattening, GroupNormalization } from "./upgrade-normalization.js";
import { DFT, GridSample, Resize, RoiAlign, Upsample } from "./upgrade-resize.js";

/** Before opset `since` integers are an attribute, which later became the input at `position`. */
const integersAsInput =
  (name: string, position: number, since: number): Upgrade =>
  (node, { opset, constant }) => {
    const a = node.attributes[name];
    if (opset >= since || !a) return node;
    const values = a.kind === "int" ? [a.value] : a.kind === "ints" ? a.value : [];
    const bare = without(node, name);
    return values.length > 0 ? withInput(bare, position, constant(int64(values))) : bare;
  };

/** Before opset `since` a number is an attribute, which later became the input at `position`. */
const numberAsInput =
  (name: string, position: number, since: number): Upgrade =>
  (node, { opset, constant }) => {
    const a = node.attributes[name];
    if (opset >= since || a?.kind !== "float") return node;
    return withInput(without(node, name), position, constant(float32([a.value], [])));
  };

const inSequence =
  (...upgrades: readonly Upgrade[]): Upgrade =>
  (node, context) =>
    upgrades.reduce((result, upgrade) => upgrade(result, context), node);

/** Since opset 18 a Split into equal parts has their number as an attribute. */
const countedParts: Upgrade = (node, { opset }) =>
  opset >= 18 || node.inputs[1] ? node : withAttribute(node, "num_outputs", int(node.outputs.length));

/** Scatter was renamed in opset 11. */
const Scatter: Upgrade = (node) => ({ ...node, op: "ScatterElements" });

/** The Scan of opset 8 is a different operator from the later one. */
const Scan: Upgrade = (node, { opset }) => {
  if (opset < 9) throw new UserError("it uses the Scan of opset 8, which is not supported");
  return node;
};

const axes = integersAsInput("axes", 1, 13);
const reducedAxes = integersAsInput("axes", 1, 18);
const Pad = inSequence(integersAsInput("pads", 1, 11), numberAsInput("value", 2, 11));

const byOperator: Readonly<Record<string, Upgrade>> = {
  BatchNormalization,
  Clip: inSequence(numberAsInput("min", 1, 11), numberAsInput("max", 2, 11)),
  DFT,
  Dropout,
  GridSample,
  GroupNormalization,
  Hardmax: flattening,
  LogSoftmax: flattening,
  Pad,
  ReduceL1: reducedAxes,
  ReduceL2: reducedAxes,
  ReduceLogSum: reducedAxes,
  ReduceLogSumExp: reducedAxes,
  ReduceMax: reducedAxes,
  ReduceMean: reducedAxes,
  ReduceMin: reducedAxes,
  ReduceProd: reducedAxes,
  ReduceSum: axes,
  ReduceSumSquare: reducedAxes,
  Resize,
  RoiAlign,
  Scan,
  Scatter,
  Slice: inSequence(integersAsInput("starts", 1, 10), integersAsInput("ends", 2, 10), integersAsInput("axes", 3, 10)),
  Softmax: flattening,
  Split: inSequence(integersAsInput("split", 1, 13), countedParts),
  Squeeze: axes,
  TopK: integersAsInput("k", 1, 10),
  Unsqueeze: axes,
  Upsample,
};

/** The conversions of nodes from any opset since 7 to opset 21, by operator; other operators have not changed. */
export const upgrades: ReadonlyMap<string, Upgrade> = new Map(Object.entries(byOperator));
