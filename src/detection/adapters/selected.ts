import type { Tensor } from "../../onnx/tensor.js";
import { isInteger } from "../../onnx/types.js";
import type { Adapter, Decoder, DetectorFile, NamedTensor } from "./adapter.js";
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

/** The outputs of a detector that selects its boxes itself. */
interface Outputs {
  readonly boxes: NamedTensor;
  readonly labels: NamedTensor;
  /** Absent if the score is the fifth number of a box. */
  readonly scores?: NamedTensor | undefined;
  /** The number of boxes of each image; absent if all rows are boxes. */
  readonly count?: NamedTensor | undefined;
}

/** A family's convention of what its files do not state. */
interface Convention {
  readonly format: BoxFormat;
  readonly units: BoxUnits;
  /** The label of the first class. */
  readonly base: number;
  readonly resize: Decoder["resize"];
}

/**
 * Boxes after suppression in separate outputs: boxes [K, 4], labels [K], scores [K] (torchvision, label 0 is the background);
 * num_dets, boxes [N, K, 4], scores [N, K], classes [N, K] (EfficientNMS); labels, boxes, scores [N, K] (RT-DETR and D-FINE, which
 * read the image's size); dets [N, K, 5], labels [N, K] (MMDeploy); detection_boxes [N, K, 4] as y, x, y, x in fractions,
 * classes from 1 on (TensorFlow).
 */
export const selected: Adapter = {
  name: "selected",
  looksFor:
    "boxes [K, 4], labels [K] and scores [K], each also with an axis of images and with a count (torchvision, EfficientNMS)",
  match(file) {
    const outputs = outputsOf(file);
    return outputs && decoderOf(outputs, conventionOf(outputs, file), namedClasses(file));
  },
};

function outputsOf(file: DetectorFile): Outputs | undefined {
  const outputs = chosenOutputs(file);
  for (const boxes of outputs) {
    const { shape } = boxes;
    const width = shape.at(-1);
    if ((shape.length !== 2 && shape.length !== 3) || (width !== 4 && width !== 5)) continue;
    const rows = shape.slice(0, -1).join();
    const columns = outputs.filter((each) => each !== boxes && each.shape.join() === rows);
    const labels = columns.find(isLabels) ?? columns.find(({ type }) => isInteger(type));
    const scores = width === 5 ? undefined : columns.find((each) => each !== labels && !isInteger(each.type));
    if (!labels || (width === 4 && !scores)) continue;
    const count = outputs.find((each) => /num|count|valid/i.test(each.name) && each !== labels && each !== scores);
    return { boxes, labels, scores, count };
  }
  return undefined;
}

const isLabels = ({ name }: NamedTensor): boolean =>
  /label|class|cls|categor/i.test(name) && !/score|conf|prob/i.test(name);

function conventionOf({ boxes, count }: Outputs, { keys, inputs, namesBackground }: DetectorFile): Convention {
  const stride = boxes.shape.at(-1) as number;
  const single = boxes.shape.length === 2;
  const found = unitsOf(boxes, boxes.data.length / stride, stride, [0, 1, 2, 3]);
  const tensorflow = /^detection_boxes/.test(boxes.name) && found === "fractions";
  const torchvision = single && count === undefined && !inputs.some((name) => /size/i.test(name));
  const units = keys.units === "fractions" || keys.units === "pixels" ? keys.units : torchvision ? "pixels" : found;
  const isBackground =
    keys.background === undefined ? namesBackground || tensorflow || torchvision : keys.background !== false;
  return {
    format: keys.boxes ?? (tensorflow ? "yxyx" : "xyxy"),
    units,
    base: Number(isBackground),
    resize: torchvision || tensorflow ? "none" : inputs.length > 1 ? "stretch" : "letterbox",
  };
}

function decoderOf(names: Outputs, { format, units, base, resize }: Convention, classes: number | undefined): Decoder {
  const { boxes, labels, scores, count } = names;
  return {
    layout: `boxes ${format} in ${units} after suppression, labels from ${base}`,
    classes,
    resize,
    nmsIou: 1,
    decode(outputs, size, found) {
      const tensor = outputs[boxes.name] as Tensor;
      const data = numbersOf(tensor);
      const stride = tensor.shape.at(-1) as number;
      const rows = tensor.shape.at(-2) as number;
      const indices = numbersOf(outputs[labels.name] as Tensor);
      const confidences = scores && numbersOf(outputs[scores.name] as Tensor);
      const counted = count && (numbersOf(outputs[count.name] as Tensor)[0] as number);
      const scale = scaleOf(units, size);
      for (let row = 0; row < Math.min(rows, counted ?? rows); row++) {
        const score = confidences ? confidences[row] : data[row * stride + 4];
        found.add((indices[row] as number) - base, score as number, ...boxAt(data, row * stride, format, scale));
      }
    },
  };
}
