import type { Graph, Node } from "../onnx/graph.js";
import { computedFrom, type Uses, usesOf } from "../onnx/uses.js";

/** A raw head of a detector: the output of a last layer with weights. */
export interface Head {
  /** The value that it computes, bias included. */
  readonly output: string;
  /** The features that it reads. */
  readonly input: string;
}

/** Operators with weights. One of their first two inputs is computed from the image, the other is a weight. */
const weighted = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** Operators that select detections. Behind them, rows of two images do not correspond. */
const selecting = new Set("NonMaxSuppression TopK NonZero ArgMax ArgMin RoiAlign If Loop".split(" "));

/** Operators after a layer that belong to it. */
const completing = new Set(["Add", "BatchNormalization", "Identity"]);

/** Whether a network suppresses overlapping boxes, so that its outputs are selected detections. */
export const suppressesBoxes = ({ nodes }: Graph): boolean => nodes.some(({ op }) => op === "NonMaxSuppression");

/**
 * The raw heads of a detector, in the order of the graph: the layers with weights that no other such layer follows, before
 * NMS and TopK. They are the maps [N, anchors · (5 + classes), height, width] of a YOLO, the scores and boxes of each level
 * of a RetinaNet, the last linear layers of a DETR.
 */
export function detectionHeads(model: Graph): Head[] {
  const images = model.inputs.map(({ name }) => name);
  const onImage = computedFrom(model, images, ({ op }) => op !== "Shape" && op !== "Size");
  const selected = model.nodes.filter((node) => isSelecting(node) && node.inputs.some((input) => onImage.has(input)));
  const behind = computedFrom(
    model,
    selected.flatMap(({ outputs }) => outputs.filter((output) => output !== "")),
  );
  const isLayer = ({ op, domain, inputs, outputs: [output = ""] }: Node): boolean => {
    const [first, second] = inputs.slice(0, 2).map((input) => onImage.has(input));
    return domain === "" && weighted.has(op) && first !== second && !behind.has(output);
  };
  const uses = usesOf(model);
  return lastOf(model.nodes, isLayer).map((node) => ({
    output: completed(node.outputs[0] ?? "", uses, onImage),
    input: node.inputs.slice(0, 2).find((input) => onImage.has(input)) ?? "",
  }));
}

/** Operators of other domains are those of a runtime, such as its own NMS. */
const isSelecting = ({ op, domain }: Node): boolean => selecting.has(op) || domain !== "";

/** The nodes of a kind from which no other of that kind can be reached. */
function lastOf(nodes: readonly Node[], isKind: (node: Node) => boolean): Node[] {
  const followed = new Set<string>();
  const last: Node[] = [];
  for (const node of nodes.toReversed()) {
    const leads = node.outputs.some((output) => followed.has(output));
    const is = isKind(node);
    if (is && !leads) last.push(node);
    if (is || leads) for (const input of node.inputs) followed.add(input);
  }
  return last.reverse();
}

/** The value after the bias and the normalization that complete a layer. */
function completed(output: string, { soleReader }: Uses, onImage: ReadonlySet<string>): string {
  for (let value = output; ; ) {
    const next = soleReader(value);
    const belongs =
      next && completing.has(next.op) && next.inputs.every((input) => input === value || !onImage.has(input));
    if (!belongs) return value;
    value = next.outputs[0] ?? value;
  }
}
