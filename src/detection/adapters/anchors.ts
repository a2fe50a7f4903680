import { UserError } from "../../errors.js";
import type { Tensor } from "../../onnx/tensor.js";
import type { Tensors } from "../../runtime/session.js";
import type { Candidates } from "../candidates.js";
import type { Adapter, DetectorFile, InputSize, NamedTensor } from "./adapter.js";
import { chosenOutputs, namedClasses, numbersOf } from "./geometry.js";

/** A raw head with its anchors; the axes of a value are found from `offsetOf`. */
interface AnchorHead {
  readonly output: string;
  readonly anchors: readonly (readonly [width: number, height: number])[];
  readonly stride: number | undefined;
  readonly scaleXY: number;
  readonly square: boolean;
  readonly order: "channels-first" | "channels-last" | "anchors-first";
  readonly classes: number;
  /** Whether the class scores of a box are a softmax, as in YOLOv2. */
  readonly softmax: boolean;
}

/**
 * Raw heads with anchors, A boxes of 5 + C numbers for each cell: [N, A·(5 + C), H, W] (YOLOv3, v4; darknet),
 * [N, H, W, A·(5 + C)] (TensorFlow) or [N, A, H, W, 5 + C] (YOLOv5, v7). Anchors come from the sidecar.
 *
 * YOLOv3 (Redmon and Farhadi 2018, section 2.1), with the factor s of YOLOv4: center (σ(t)·s - (s - 1)/2 + cell)·stride, size
 * exp(t)·anchor. YOLOv5: center (2σ(t) - 0.5 + cell)·stride, size (2σ(t))²·anchor.
 */
export const anchors: Adapter = {
  name: "anchors",
  looksFor:
    "raw heads [N, anchors·(5 + classes), H, W] whose anchors the sidecar lists in `heads` or `detector.anchors`",
  match(file) {
    const heads = headsOf(file);
    const [first] = heads;
    if (!first) return undefined;
    return {
      layout: `${heads.length} raw heads, boxes as ${first.square ? "YOLOv5" : "YOLOv3"}, objectness, ${first.classes} classes`,
      classes: first.classes,
      resize: first.square ? "letterbox" : "stretch",
      nmsIou: 0.45,
      decode(outputs, size, found) {
        for (const head of heads) decodeHead(outputs, head, size, found);
      },
    };
  },
};

function headsOf(file: DetectorFile): AnchorHead[] {
  const { keys, heads } = file;
  const outputs = chosenOutputs(file).filter(({ shape }) => shape.length === 4 || shape.length === 5);
  const listed = heads.filter(({ output }) => outputs.some(({ name }) => name === output));
  if (listed.length > 0)
    return listed.map((head) => {
      const output = outputs.find(({ name }) => name === head.output) as NamedTensor;
      return headOf(output, file, head.anchors_px, head.stride, head.scale_x_y);
    });
  if (!Array.isArray(keys.anchors) || outputs.length === 0) return [];
  if (keys.anchors.length !== outputs.length)
    throw new UserError(
      `it has ${outputs.length} raw heads, and \`detector.anchors\` has ${keys.anchors.length} lists`,
    );
  return outputs.map((output, i) =>
    headOf(output, file, (keys.anchors as [number, number][][])[i] ?? [], keys.strides?.[i], keys.scaleXY),
  );
}

function headOf(
  output: NamedTensor,
  file: DetectorFile,
  anchorSizes: AnchorHead["anchors"],
  stride: number | undefined,
  scaleXY = 1,
): AnchorHead {
  const { shape, name } = output;
  const count = anchorSizes.length;
  const named = namedClasses(file);
  const perCell = (channels: number | undefined): number | undefined =>
    channels !== undefined && channels % count === 0 && channels / count > 5 ? channels / count - 5 : undefined;
  const isRank5 = shape.length === 5;
  const [first, last] = isRank5 ? [undefined, (shape[4] as number) - 5] : [perCell(shape[1]), perCell(shape[3])];
  const channelsLast =
    first === undefined || (last !== undefined && named !== undefined && last === named && first !== named);
  const classes = channelsLast ? last : first;
  if (
    classes === undefined ||
    classes < 1 ||
    (named !== undefined && classes !== named) ||
    (isRank5 && shape[1] !== count)
  )
    throw new UserError(
      `its raw head "${name}" [${shape.join(", ")}] does not hold 5 + ${named ?? "classes"} numbers for each of ${count} anchors`,
    );
  const order = isRank5 ? "anchors-first" : channelsLast ? "channels-last" : "channels-first";
  const square = file.keys.encoding === undefined ? isRank5 : file.keys.encoding === "square";
  const softmax = file.keys.activation === "softmax";
  return { output: name, anchors: anchorSizes, stride, scaleXY, square, order, classes, softmax };
}

/** The rows, columns and the offset of number `i` of an anchor at a cell. */
function layoutOf({ shape }: Tensor, { order, classes, anchors: sizes }: AnchorHead) {
  const numbers = 5 + classes;
  const [rows, columns] = (order === "channels-last" ? shape.slice(1, 3) : shape.slice(-2)) as [number, number];
  if (order === "anchors-first") {
    const [, , height = 0, width = 0] = shape;
    return {
      rows: height,
      columns: width,
      at: (a: number, cell: number) => (a * height * width + cell) * numbers,
      step: 1,
    };
  }
  const area = rows * columns;
  if (order === "channels-first")
    return { rows, columns, at: (a: number, cell: number) => a * numbers * area + cell, step: area };
  return { rows, columns, at: (a: number, cell: number) => cell * sizes.length * numbers + a * numbers, step: 1 };
}

/** The sum of exp(t) over the class scores of a box. */
function exponentials(classes: number, value: (i: number) => number): number {
  let sum = 0;
  for (let index = 0; index < classes; index++) sum += Math.exp(value(5 + index));
  return sum;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function decodeHead(outputs: Tensors, head: AnchorHead, size: InputSize, found: Candidates): void {
  const tensor = outputs[head.output] as Tensor;
  const data = numbersOf(tensor);
  const { rows, columns, at, step } = layoutOf(tensor, head);
  const { scaleXY: s, square, classes, softmax } = head;
  const [strideX, strideY] = [head.stride ?? size.width / columns, head.stride ?? size.height / rows];
  const center = (t: number) => (square ? 2 * sigmoid(t) - 0.5 : sigmoid(t) * s - (s - 1) / 2);
  const extent = (t: number, anchor: number) => (square ? (2 * sigmoid(t)) ** 2 * anchor : Math.exp(t) * anchor);
  for (const [a, [anchorWidth, anchorHeight]] of head.anchors.entries())
    for (let cell = 0; cell < rows * columns; cell++) {
      const first = at(a, cell);
      const value = (i: number): number => data[first + i * step] as number;
      const object = sigmoid(value(4));
      if (!(object > found.threshold)) continue;
      const x = (center(value(0)) + (cell % columns)) * strideX;
      const y = (center(value(1)) + Math.floor(cell / columns)) * strideY;
      const [w, h] = [extent(value(2), anchorWidth) / 2, extent(value(3), anchorHeight) / 2];
      const sum = softmax ? exponentials(classes, value) : 1;
      for (let index = 0; index < classes; index++) {
        const probability = softmax ? Math.exp(value(5 + index)) / sum : sigmoid(value(5 + index));
        found.add(index, object * probability, x - w, y - h, x + w, y + h);
      }
    }
}
