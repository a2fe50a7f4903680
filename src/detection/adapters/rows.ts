import type { Tensor } from "../../onnx/tensor.js";
import type { Adapter, DetectorFile, NamedTensor } from "./adapter.js";
import {
  type BoxFormat,
  type BoxUnits,
  boxAt,
  chosenOutputs,
  namedClasses,
  numbersOf,
  scaleOf,
  unitsOf,
} from "./geometry.js";

/** The columns of a row. */
interface Columns {
  readonly count: 6 | 7;
  readonly box: number;
  readonly score: number;
  readonly class: number;
  /** The column of the index of the image. */
  readonly image?: number;
}

const END_TO_END: Columns = { count: 6, box: 0, score: 4, class: 5 };
const CLASS_FIRST: Columns = { count: 6, class: 0, score: 1, box: 2 };
const CLASS_BEFORE_SCORE: Columns = { count: 6, box: 0, class: 4, score: 5 };
const BATCH_FIRST: Columns = { count: 7, image: 0, box: 1, class: 5, score: 6 };
const DETECTION_OUTPUT: Columns = { count: 7, image: 0, class: 1, score: 2, box: 3 };

/**
 * Boxes after suppression in one output: [N, K, 6] with corners, score, class (YOLOv10, YOLO26 and exports with NMS), with class,
 * score, corners (PaddleDetection) or with corners, class, score; [K, 7] with
 * the index of the image, corners, class, score (YOLOv7); [1, 1, K, 7] with the index of the image, class from 1 on, score,
 * corners in fractions (DetectionOutput of Caffe and OpenVINO).
 */
export const rows: Adapter = {
  name: "rows",
  looksFor: "one output [N, boxes, 6] (corners, score, class) or [boxes, 7] (image, corners, class, score)",
  match(file) {
    const { keys } = file;
    for (const output of chosenOutputs(file)) {
      const columns = columnsOf(output, file);
      if (!columns) continue;
      const format = keys.boxes ?? "xyxy";
      const units = keys.units === "fractions" || keys.units === "pixels" ? keys.units : unitsIn(output, columns);
      const base =
        keys.background === undefined
          ? columns === DETECTION_OUTPUT || file.namesBackground
          : keys.background !== false;
      return decoderOf(output.name, columns, format, units, Number(base), namedClasses(file));
    }
    return undefined;
  },
};

function columnsOf(output: NamedTensor, { keys, names }: DetectorFile): Columns | undefined {
  const { shape } = output;
  const width = shape.at(-1);
  const isChosen = keys.adapter === "rows";
  if (width === 7 && shape.length === 4) return DETECTION_OUTPUT;
  if (width === 7 && shape.length <= 3 && (isChosen || allWhole(output, BATCH_FIRST))) return BATCH_FIRST;
  if (width !== 6 || shape.length > 3 || shape.length < 2) return undefined;
  const found = [END_TO_END, CLASS_FIRST, CLASS_BEFORE_SCORE].find((columns) => allWhole(output, columns));
  if (isChosen) return found ?? END_TO_END;
  return keys.objectness === undefined && !(names === 1 && isEmpty(output)) ? found : undefined;
}

const isEmpty = ({ data }: Tensor): boolean => data.length === 0;

/** Whether the classes of all rows, and the indices of the image, are whole numbers, and all scores from 0 to 1. */
function allWhole(output: Tensor, { count, class: index, image = index, score }: Columns): boolean {
  const data = numbersOf(output);
  for (let at = 0; at < data.length; at += count) {
    const [confidence = 0] = [data[at + score]];
    if (!Number.isInteger(data[at + index]) || !Number.isInteger(data[at + image])) return false;
    if (confidence < 0 || confidence > 1) return false;
  }
  return true;
}

const unitsIn = (output: Tensor, { count, box }: Columns): BoxUnits =>
  unitsOf(output, output.data.length / count, count, [box, box + 1, box + 2, box + 3]);

function decoderOf(
  output: string,
  columns: Columns,
  format: BoxFormat,
  units: BoxUnits,
  base: number,
  classes: number | undefined,
): ReturnType<Adapter["match"]> {
  return {
    layout: `boxes ${format} in ${units} after suppression, classes from ${base}`,
    classes,
    resize: columns === DETECTION_OUTPUT ? "stretch" : "letterbox",
    nmsIou: 1,
    decode(outputs, size, found) {
      const tensor = outputs[output] as Tensor;
      const data = numbersOf(tensor);
      const batch = tensor.shape.length === 3 ? (tensor.shape[0] as number) : 1;
      const end = data.length / batch;
      for (let at = 0; at < end; at += columns.count) {
        if (columns.image !== undefined && data[at + columns.image] !== 0) continue;
        const corners = boxAt(data, at + columns.box, format, scaleOf(units, size));
        found.add((data[at + columns.class] as number) - base, data[at + columns.score] as number, ...corners);
      }
    },
  };
}
