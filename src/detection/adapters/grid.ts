import { UserError } from "../../errors.js";
import type { Tensor } from "../../onnx/tensor.js";
import type { Candidates } from "../candidates.js";
import type { Adapter, Decoder, DetectorFile, InputSize, NamedTensor } from "./adapter.js";
import {
  type BoxFormat,
  type BoxUnits,
  chosenOutputs,
  cornersOf,
  namedClasses,
  numbersOf,
  scaleOf,
  unitsOf,
} from "./geometry.js";

/** How an output holds a row of numbers for each box. */
interface Layout {
  readonly output: string;
  /** Whether the boxes are the last axis, as in YOLOv8: [N, 4 + C, M]. */
  readonly boxesLast: boolean;
  readonly objectness: boolean;
  readonly classes: number;
  readonly format: BoxFormat;
  readonly units: BoxUnits | "cells";
  /** Pixels in a cell of each level, for `cells`. */
  readonly strides: readonly number[];
}

/**
 * One output with a row for each cell of a grid, decoded: YOLOv3 to v5 and v7 [N, M, 5 + C] with objectness, YOLOv8 to v11
 * [N, 4 + C, M] without. YOLOX [N, M, 5 + C] leaves the decoding to its user: center and size refer to cells of strides 8, 16
 * and 32 (Ge et al. 2021, demo_utils.py).
 */
export const grid: Adapter = {
  name: "grid",
  looksFor: "one output [N, boxes, 5 + classes] or [N, 4 + classes, boxes] (YOLO)",
  match(file) {
    const output = chosenOutputs(file).find(({ shape }) => shape.length === 3 && Math.min(...shape.slice(1)) >= 5);
    const layout = output && layoutOf(output, file);
    return layout && decoderOf(layout);
  },
};

function layoutOf(output: NamedTensor, file: DetectorFile): Layout | undefined {
  const [, rows = 0, columns = 0] = output.shape;
  const { keys, task } = file;
  const named = namedClasses(file);
  const fits = (numbers: number): boolean => named !== undefined && (numbers === named + 4 || numbers === named + 5);
  const boxesLast = fits(rows) !== fits(columns) ? fits(rows) : columns > rows;
  const [boxes, numbers] = boxesLast ? [columns, rows] : [rows, columns];
  const objectness = keys.objectness ?? (named !== undefined && fits(numbers) ? numbers === named + 5 : !boxesLast);
  const left = numbers - 4 - Number(objectness);
  // Masks and key points of Ultralytics' networks follow the classes.
  const classes = task !== undefined && task !== "detect" && named !== undefined ? Math.min(named, left) : left;
  if (classes < 1) return undefined;
  if (named !== undefined && named !== classes)
    throw new UserError(
      `its output "${output.name}" [${output.shape.join(", ")}] has ${classes} classes, and its files name ${named}`,
    );
  const shared = { output: output.name, boxesLast, objectness, classes, format: keys.boxes ?? "cxcywh" } as const;
  const at = (i: number): number[] =>
    Array.from({ length: boxes }, (_, box) => (boxesLast ? i * boxes + box : box * numbers + i));
  const strides = keys.strides ?? STRIDES;
  const units =
    keys.units ??
    (objectness && isRaw(output, boxes, cellsOf(file.size, strides), at)
      ? "cells"
      : unitsAt(output, [0, 1].flatMap(at)));
  return { ...shared, units, strides };
}

const unitsAt = (output: Tensor, positions: readonly number[]): BoxUnits => unitsOf(output, 1, 0, positions);

/** Whether the boxes are as YOLOX leaves them: one for each cell, with sizes as logarithms, which can be negative. */
function isRaw(output: Tensor, boxes: number, cells: readonly unknown[], at: (i: number) => number[]): boolean {
  const data = numbersOf(output);
  return boxes === cells.length && [2, 3].flatMap(at).some((position) => (data[position] as number) < 0);
}

const STRIDES: readonly number[] = [8, 16, 32];

/** The cells of YOLOX, level by level, row by row. */
function cellsOf(
  { width, height }: InputSize,
  strides: readonly number[],
): readonly (readonly [x: number, y: number, stride: number])[] {
  return strides.flatMap((stride) => {
    const [columns, rows] = [Math.floor(width / stride), Math.floor(height / stride)];
    return Array.from({ length: columns * rows }, (_, i) => [i % columns, Math.floor(i / columns), stride] as const);
  });
}

function decoderOf(layout: Layout): Decoder {
  const { output, boxesLast, objectness, classes, format, units } = layout;
  return {
    layout: `boxes ${format} in ${units}, ${objectness ? "objectness" : "no objectness"}, ${classes} classes`,
    classes,
    resize: "letterbox",
    nmsIou: 0.45,
    decode(outputs, size, found) {
      const tensor = outputs[output] as Tensor;
      const data = numbersOf(tensor);
      const [, rows = 0, columns = 0] = tensor.shape;
      const boxes = boxesLast ? columns : rows;
      const [step, stride] = boxesLast ? [boxes, 1] : [1, columns];
      const boxOf = boxReader(data, step, layout, size);
      for (let box = 0; box < boxes; box++)
        addScores(found, data, { first: box * stride, step, objectness, classes }, () => boxOf(box, box * stride));
    },
  };
}

interface Row {
  readonly first: number;
  readonly step: number;
  readonly objectness: boolean;
  readonly classes: number;
}

/** Adds the box for each class whose score exceeds the threshold: objectness · probability. */
function addScores(found: Candidates, data: ArrayLike<number>, row: Row, boxOf: () => ReturnType<typeof cornersOf>) {
  const { first, step, objectness, classes } = row;
  const object = objectness ? (data[first + 4 * step] as number) : 1;
  if (!(object > found.threshold)) return;
  const start = first + (objectness ? 5 : 4) * step;
  let corners: ReturnType<typeof cornersOf> | undefined;
  for (let index = 0; index < classes; index++) {
    const score = object * (data[start + index * step] as number);
    if (!(score > found.threshold)) continue;
    corners ??= boxOf();
    found.add(index, score, ...corners);
  }
}

/** Reads a box, in pixels of the input. */
function boxReader(data: ArrayLike<number>, step: number, { format, units, strides }: Layout, size: InputSize) {
  const at = (first: number) =>
    [0, 1, 2, 3].map((i) => data[first + i * step] as number) as [number, number, number, number];
  if (units === "cells") {
    const cells = cellsOf(size, strides);
    return (box: number, first: number) => {
      const [x, y, stride] = cells[box] ?? [0, 0, 0];
      const [cx, cy, w, h] = at(first);
      return cornersOf("cxcywh", (cx + x) * stride, (cy + y) * stride, Math.exp(w) * stride, Math.exp(h) * stride);
    };
  }
  const [scaleX, scaleY] = scaleOf(units, size);
  return (_: number, first: number) => {
    const [left, top, right, bottom] = cornersOf(format, ...at(first));
    return [left * scaleX, top * scaleY, right * scaleX, bottom * scaleY] as const;
  };
}
