import { UserError } from "../../errors.js";
import type { Tensor } from "../../onnx/tensor.js";
import { isInteger } from "../../onnx/types.js";
import type { Tensors } from "../../runtime/session.js";
import type { GeneratedAnchors } from "../sidecar.js";
import type { DetectorFile, InputSize, NamedTensor } from "./adapter.js";
import {
  type BoxFormat,
  type BoxUnits,
  boxAt,
  type Corners,
  cornersOf,
  numbersOf,
  scaleOf,
  unitsOf,
} from "./geometry.js";

/** Reads the boxes of an output of four numbers for each. */
export interface BoxReader {
  readonly layout: string;
  /** The usual IoU of suppression of the family. */
  readonly usualIou: number;
  /** @returns the corners of the box at a row, in pixels of the input. */
  open(outputs: Tensors, size: InputSize): (row: number) => Corners;
}

/**
 * Boxes as they are, or as offsets from priors or anchors.
 * @param queries whether they are those of DETR: cx, cy, w, h in fractions.
 * @throws UserError when the number of priors or anchors is not that of the boxes.
 */
export function boxReaderOf(boxes: NamedTensor, file: DetectorFile, queries: boolean): BoxReader {
  const { keys, size } = file;
  const { anchors, priors } = keys;
  if (priors !== undefined)
    return offsetReader(boxes, priorsOf(boxes, file), keys.variances ?? [0.1, 0.1, 0.2, 0.2], 0.45);
  if (anchors && !Array.isArray(anchors)) {
    const from = (each: InputSize) => generated(anchors, keys.strides ?? anchors.sizes.map((_, i) => 8 * 2 ** i), each);
    const count = from(size).length;
    if (count !== rowsOf(boxes)) throw mismatch(boxes, `\`detector.anchors\` gives ${count} anchors`);
    return offsetReader(
      boxes,
      { layout: "generated anchors", open: (_, each) => from(each) },
      keys.variances ?? [1, 1, 1, 1],
      0.5,
    );
  }
  return plainReader(boxes, file, queries);
}

const rowsOf = ({ shape }: Tensor): number => (shape.length === 2 ? shape[0] : shape[1]) as number;

const mismatch = (boxes: NamedTensor, found: string) =>
  new UserError(`its output "${boxes.name}" [${boxes.shape.join(", ")}] has ${rowsOf(boxes)} boxes, and ${found}`);

/** Whether the file has indices [K, 3] of ONNX's NonMaxSuppression, whose boxes are y, x, y, x by default. */
const hasSelection = ({ outputs }: DetectorFile): boolean =>
  outputs.some(({ type, shape }) => isInteger(type) && shape.at(-1) === 3);

function plainReader(boxes: NamedTensor, file: DetectorFile, queries: boolean): BoxReader {
  const { keys } = file;
  const format = keys.boxes ?? (queries || !areCorners(boxes) ? "cxcywh" : hasSelection(file) ? "yxyx" : "xyxy");
  const stated = keys.units === "pixels" || keys.units === "fractions" ? keys.units : undefined;
  const units = stated ?? (queries ? "fractions" : unitsOf(boxes, boxes.data.length / 4, 4, [0, 1, 2, 3]));
  return {
    layout: `${format} in ${units}`,
    usualIou: 0.45,
    open(outputs, size) {
      const data = numbersOf(outputs[boxes.name] as Tensor);
      const scale = scaleOf(units, size);
      return (row) => boxAt(data, 4 * row, format, scale);
    },
  };
}

/** Whether, in a trial, the third and fourth number of most boxes exceed the first and second. */
function areCorners(boxes: Tensor): boolean {
  const data = numbersOf(boxes);
  const rows = data.length / 4;
  let ordered = 0;
  for (let at = 0; at < data.length; at += 4)
    if ((data[at + 2] as number) >= (data[at] as number) && (data[at + 3] as number) >= (data[at + 1] as number))
      ordered++;
  return ordered >= 0.75 * rows;
}

/** Center, width and height of default boxes in pixels of the input. */
interface Defaults {
  readonly layout: string;
  open(outputs: Tensors, size: InputSize): readonly Corners[];
}

function priorsOf(boxes: NamedTensor, { keys, tensors, outputs, size }: DetectorFile): Defaults {
  const { priors } = keys;
  const format: BoxFormat = keys.boxes ?? "cxcywh";
  const named =
    typeof priors === "string" ? (tensors.get(priors) ?? outputs.find(({ name }) => name === priors)) : undefined;
  if (typeof priors === "string" && !named)
    throw new UserError(`it has no tensor "${priors}", which \`detector.priors\` names`);
  const flat = named ? numbersOf(named) : Float64Array.from((priors as number[][]).flat());
  if (flat.length !== 4 * rowsOf(boxes)) throw mismatch(boxes, `\`detector.priors\` has ${flat.length / 4}`);
  const rows = flat.length / 4;
  const units: BoxUnits =
    keys.units === "pixels" || keys.units === "fractions"
      ? keys.units
      : unitsOf({ type: "float64", shape: [rows, 4], data: Float64Array.from(flat) }, rows, 4, [0, 1, 2, 3]);
  const at = (data: ArrayLike<number>, of: InputSize) =>
    Array.from({ length: rows }, (_, row) => boxAt(data, 4 * row, format, scaleOf(units, of)));
  const fixed = at(flat, size);
  return {
    layout: `priors ${format} in ${units}`,
    open(results, of) {
      const own = typeof priors === "string" && !tensors.has(priors) ? results[priors] : undefined;
      if (own) return at(numbersOf(own), of);
      return of.width === size.width && of.height === size.height ? fixed : at(flat, of);
    },
  };
}

/** Offsets of sizes are limited to this factor, as in torchvision's BoxCoder. */
const LARGEST_GROWTH = Math.log(1000 / 16);

/**
 * Boxes as offsets from default boxes: center + offset · variance · size, size · exp(offset · variance) (Liu et al. 2016, SSD,
 * equation 2; Girshick 2014, R-CNN, appendix C).
 */
function offsetReader(
  boxes: NamedTensor,
  defaults: Defaults,
  variances: readonly number[],
  usualIou: number,
): BoxReader {
  const [vx, vy, vw, vh] = variances as [number, number, number, number];
  return {
    layout: `as offsets from ${defaults.layout}, variances ${variances.join(", ")}`,
    usualIou,
    open(outputs, size) {
      const data = numbersOf(outputs[boxes.name] as Tensor);
      const from = defaults.open(outputs, size);
      return (row) => {
        const [left, top, right, bottom] = from[row] as Corners;
        const [width, height] = [right - left, bottom - top];
        const offset = (i: number): number => data[4 * row + i] as number;
        const cx = (left + right) / 2 + offset(0) * vx * width;
        const cy = (top + bottom) / 2 + offset(1) * vy * height;
        const grown = (value: number) => Math.exp(Math.min(value, LARGEST_GROWTH));
        return cornersOf("cxcywh", cx, cy, width * grown(offset(2) * vw), height * grown(offset(3) * vh));
      };
    },
  };
}

/**
 * The anchors of torchvision's AnchorGenerator: for each level, cell and ratio (height / width) each size, centered on the upper
 * left corner of the cell, with corners of the cell's anchors rounded to whole pixels.
 */
function generated(
  { sizes, ratios }: GeneratedAnchors,
  strides: readonly number[],
  { width, height }: InputSize,
): Corners[] {
  return sizes.flatMap((sides, level) => {
    const stride = strides[level] ?? 1;
    const [columns, rows] = [Math.ceil(width / stride), Math.ceil(height / stride)];
    const [stepX, stepY] = [Math.floor(width / columns), Math.floor(height / rows)];
    const shapes = ratios.flatMap((ratio) =>
      sides.map(
        (side) =>
          [side / Math.sqrt(ratio), side * Math.sqrt(ratio)].map((extent) => roundHalfEven(extent / 2)) as [
            number,
            number,
          ],
      ),
    );
    return Array.from({ length: rows * columns }, (_, cell) => {
      const [x, y] = [(cell % columns) * stepX, Math.floor(cell / columns) * stepY];
      return shapes.map(([w, h]) => [x - w, y - h, x + w, y + h] as const);
    }).flat();
  });
}

/** As PyTorch rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
