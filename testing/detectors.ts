import { GraphBuilder } from "../src/onnx/builder.js";
import type { Graph } from "../src/onnx/graph.js";
import { float32, sizeOf } from "../src/onnx/tensor.js";
import { randomAt } from "../src/random.js";

/** Anchors of each cell of the small detector. */
const ANCHORS = 2;
/** Numbers of each anchor: four of the box, objectness, three classes. */
const NUMBERS = 8;

/** How a small detector ends. */
export type DetectorEnd = "heads" | "decoded" | "suppressed";

/**
 * A smooth detector with random weights and raw heads of two levels at strides 4 and 8, [N, 16, height, width]. Outputs by its
 * end: "detections" [N, rows, 8] and the heads `fine` and `coarse`; the detections alone; or what NMS and TopK leave of them.
 * @param side side of the input that the file declares
 */
export function smallDetector(end: DetectorEnd, side = 32): Graph {
  const b = new GraphBuilder("small-detector");
  const layer = (x: string, name: string, inputs: number, outputs: number, stride: number) => {
    const random = randomAt(7, name.length);
    const shape = [outputs, inputs, 3, 3];
    const values = Float32Array.from({ length: sizeOf(shape) }, () => random.normal() / Math.sqrt(inputs * 9));
    const weight = b.initializer(`${name}.weight`, float32(values, shape));
    const bias = b.initializer(`${name}.bias`, float32(Float32Array.from({ length: outputs }, () => random.normal())));
    return b.Conv(x, weight, bias, { strides: [stride, stride], pads: [1, 1, 1, 1] });
  };
  const stem = b.Tanh(layer(b.input("images", ["N", 3, side, side]), "stem", 3, 6, 2));
  const fineMap = b.Tanh(layer(stem, "fine-map", 6, 8, 2));
  const coarseMap = b.Tanh(layer(fineMap, "coarse-map", 8, 8, 2));
  const [fine, coarse] = [
    layer(fineMap, "fine-head", 8, ANCHORS * NUMBERS, 1),
    layer(coarseMap, "coarse-head", 8, ANCHORS * NUMBERS, 1),
  ];
  const rows = [fine, coarse].map((head, level) => {
    const cells = side / (level === 0 ? 4 : 8);
    const split = b.Reshape(head, [-1, ANCHORS, NUMBERS, cells * cells]);
    return b.Reshape(b.Transpose(split, [0, 1, 3, 2]), [-1, ANCHORS * cells * cells, NUMBERS]);
  });
  const detections = b.Sigmoid(b.Concat(rows, 1));
  if (end === "suppressed") {
    const boxes = b.Slice(detections, [2], [0], [4]);
    const scores = b.Transpose(b.Slice(detections, [2], [5], [8]), [0, 2, 1]);
    const chosen = b.add("NonMaxSuppression", [boxes, scores, b.integers([5]), b.scalar(0.5)]);
    b.output("selected", b.add("GatherND", [boxes, b.Gather(chosen, b.integers([0, 2]), 1)]), ["boxes", 4]);
    const [, best] = b.addMany(
      "TopK",
      [b.Slice(detections, [2], [4], [5]), b.integers([3])],
      { axis: { kind: "int", value: 1 } },
      2,
    );
    b.output("best", best as string, ["N", 3, 1], "int64");
    return b.build();
  }
  b.output("detections", detections, ["N", ANCHORS * (side / 4) ** 2 + ANCHORS * (side / 8) ** 2, NUMBERS]);
  if (end === "heads") {
    b.output("fine", fine, ["N", ANCHORS * NUMBERS, side / 4, side / 4]);
    b.output("coarse", coarse, ["N", ANCHORS * NUMBERS, side / 8, side / 8]);
  }
  return b.build();
}
