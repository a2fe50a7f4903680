import type { Dim, ValueInfo } from "../onnx/graph.js";

/** The numbers that an output of this shape has for an image; undefined if that is open. */
export function rowOf([, ...shape]: readonly Dim[]): number | undefined {
  if (shape.length === 0 || shape.some((size) => typeof size !== "number" || size < 1)) return undefined;
  return (shape as number[]).reduce((product, size) => product * size, 1);
}

/** The end of a message that proposes another output of the file; "" if no other has so many numbers for each image. */
export function suggestion(outputs: readonly ValueInfo[], fits: (numbers: number) => boolean): string {
  const found = outputs.filter(({ shape = [] }) => isRow(shape) && fits(rowOf(shape) as number));
  if (found.length === 0) return "";
  const listed = found.map(({ name, shape = [] }) => `"${name}" [${shape.join(", ")}]`).join(" or ");
  return `; \`output\` ${listed} fits`;
}

/** Whether an output has one row of numbers for each image, as far as its shape is declared. */
export const isRow = (shape: readonly Dim[]): boolean =>
  rowOf(shape) !== undefined && shape.slice(1).filter((size) => size !== 1).length <= 1;
