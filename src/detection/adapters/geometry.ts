import type { NumericData, Tensor } from "../../onnx/tensor.js";
import type { DetectorKeys } from "../sidecar.js";
import type { DetectorFile, InputSize, NamedTensor } from "./adapter.js";

export type BoxFormat = NonNullable<DetectorKeys["boxes"]>;
export type BoxUnits = "pixels" | "fractions";

/** Left, top, right, bottom. */
export type Corners = readonly [left: number, top: number, right: number, bottom: number];

/** The corners of a box given by four numbers in a format. */
export function cornersOf(format: BoxFormat, a: number, b: number, c: number, d: number): Corners {
  if (format === "cxcywh") return [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
  if (format === "xywh") return [a, b, a + c, b + d];
  return format === "yxyx" ? [b, a, d, c] : [a, b, c, d];
}

/** The factors from a unit to pixels of the input. */
export const scaleOf = (units: BoxUnits, { width, height }: InputSize): readonly [x: number, y: number] =>
  units === "fractions" ? [width, height] : [1, 1];

/** Reads the box at index `i` of rows of `stride` numbers, in pixels of the input. */
export function boxAt(
  data: ArrayLike<number>,
  at: number,
  format: BoxFormat,
  [scaleX, scaleY]: readonly [number, number],
): Corners {
  const numbers = [0, 1, 2, 3].map((i) => data[at + i] as number) as [number, number, number, number];
  const [left, top, right, bottom] = cornersOf(format, ...numbers);
  return [left * scaleX, top * scaleY, right * scaleX, bottom * scaleY];
}

/** The numbers of a tensor; those of int64 as numbers. */
export const numbersOf = ({ data }: { readonly data: NumericData }): ArrayLike<number> =>
  data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;

/** No coordinate in fractions of the input is as large. */
const LARGEST_FRACTION = 2;

/** The unit of the coordinates at these positions of each row, from the values of a trial. Without rows: pixels. */
export function unitsOf(tensor: Tensor, rows: number, stride: number, positions: readonly number[]): BoxUnits {
  const data = numbersOf(tensor);
  let largest = 0;
  for (let row = 0; row < rows; row++)
    for (const position of positions) {
      const value = Math.abs(data[row * stride + position] as number);
      if (Number.isFinite(value)) largest = Math.max(largest, value);
    }
  return largest > 0 && largest <= LARGEST_FRACTION ? "fractions" : "pixels";
}

/** The shape without the axis of images if it has this rank with it. */
export const perImage = ({ shape }: Tensor, rank: number): readonly number[] =>
  shape.length === rank ? shape.slice(1) : shape;

/** The outputs that the sidecar chooses, or all. */
export const chosenOutputs = ({ outputs, keys }: DetectorFile): readonly NamedTensor[] =>
  keys.outputs ? outputs.filter(({ name }) => keys.outputs?.includes(name)) : outputs;

/** The number of classes without the background, from the names; undefined if there are no names. */
export const namedClasses = ({ names, namesBackground }: DetectorFile): number | undefined =>
  names === undefined ? undefined : names - Number(namesBackground);
