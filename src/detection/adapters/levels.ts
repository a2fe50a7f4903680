import type { Tensor } from "../../onnx/tensor.js";
import type { Tensors } from "../../runtime/session.js";
import type { Adapter, DetectorFile, NamedTensor } from "./adapter.js";
import { boxesAndScores } from "./boxes-and-scores.js";
import { chosenOutputs, numbersOf } from "./geometry.js";

/** The heads of a level. */
interface Level {
  readonly boxes: string;
  readonly scores: string;
  /** The number of boxes of each cell. */
  readonly anchors: number;
}

/** The names of the outputs of all levels as one. */
const [BOXES, SCORES] = ["boxes of all levels", "class scores of all levels"];

/**
 * Class and box heads of several levels, [N, A·C, H, W] and [N, A·4, H, W], as RetinaNet and SSD have them before their boxes are
 * joined: level by level, row by row, cell by cell, anchor by anchor. The sidecar has the anchors or priors.
 */
export const levels: Adapter = {
  name: "levels",
  looksFor:
    "class heads [N, A·classes, H, W] and box heads [N, A·4, H, W] with `detector.anchors` {sizes, ratios} or `detector.priors` in the sidecar (RetinaNet, SSD)",
  match(file) {
    const found = levelsOf(file);
    if (found.length === 0) return undefined;
    const joined = (outputs: Tensors): NamedTensor[] => [
      {
        name: BOXES,
        ...joinedHeads(
          outputs,
          found.map(({ boxes }) => boxes),
          found,
        ),
      },
      {
        name: SCORES,
        ...joinedHeads(
          outputs,
          found.map(({ scores }) => scores),
          found,
        ),
      },
    ];
    const trial = Object.fromEntries(file.outputs.map((output) => [output.name, output]));
    const { outputs: _, ...keys } = file.keys;
    const decoder = boxesAndScores.match({ ...file, keys, outputs: joined(trial) });
    return (
      decoder && {
        ...decoder,
        layout: `${found.length} levels, ${decoder.layout}`,
        decode: (outputs, size, candidates) =>
          decoder.decode(Object.fromEntries(joined(outputs).map((each) => [each.name, each])), size, candidates),
      }
    );
  },
};

/** Pairs of heads with the same rows and columns, in the order of the file. */
function levelsOf(file: DetectorFile): Level[] {
  const { anchors, priors } = file.keys;
  if (priors === undefined && (anchors === undefined || Array.isArray(anchors))) return [];
  const heads = chosenOutputs(file).filter(({ shape }) => shape.length === 4);
  const groups = new Map<string, NamedTensor[]>();
  for (const head of heads) {
    const cells = head.shape.slice(2).join("x");
    groups.set(cells, [...(groups.get(cells) ?? []), head]);
  }
  return [...groups.values()].flatMap((group) => {
    const [one, other] = group;
    if (group.length !== 2 || !one || !other) return [];
    const [boxes, scores] = isBoxHead(one, other) ? [one, other] : [other, one];
    const perCell = (boxes.shape[1] as number) / 4;
    if (!Number.isInteger(perCell) || (scores.shape[1] as number) % perCell !== 0) return [];
    return [{ boxes: boxes.name, scores: scores.name, anchors: perCell }];
  });
}

const BOX_NAME = /box|loc|reg|delta/i;

/** By name, or the head with fewer channels. */
const isBoxHead = (one: NamedTensor, other: NamedTensor): boolean =>
  BOX_NAME.test(one.name) === BOX_NAME.test(other.name)
    ? (one.shape[1] as number) < (other.shape[1] as number)
    : BOX_NAME.test(one.name);

/** The first image's heads as rows [1, boxes, numbers of a box]. */
function joinedHeads(outputs: Tensors, names: readonly string[], found: readonly Level[]): Tensor {
  const parts = names.map((name, level) => rowsOf(outputs[name] as Tensor, (found[level] as Level).anchors));
  const numbers = parts[0]?.numbers ?? 0;
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { type: "float32", shape: [1, data.length / numbers, numbers], data };
}

/** [N, A·numbers, H, W] as rows [H·W·A, numbers]. */
function rowsOf(tensor: Tensor, anchors: number): { readonly data: Float32Array; readonly numbers: number } {
  const [, channels = 0, height = 0, width = 0] = tensor.shape;
  const [source, area, numbers] = [numbersOf(tensor), height * width, channels / anchors];
  const data = new Float32Array(area * channels);
  for (let cell = 0; cell < area; cell++)
    for (let channel = 0; channel < channels; channel++)
      data[cell * channels + channel] = source[channel * area + cell] as number;
  return { data, numbers };
}
