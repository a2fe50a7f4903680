import type { GraphBuilder } from "../../onnx/builder.js";
import { string } from "../../onnx/builder.js";
import type { Graph } from "../../onnx/graph.js";
import { IMAGE, Layers } from "../network.js";
import { type Features, unit } from "../recognizers/recognizer.js";
import { residualBlock } from "../recognizers/resnet.js";

/** Pixels of the image in a cell of the detector's grid. */
export const STRIDE = 8;
/** The side of an image must be a multiple of this number of pixels. */
export const MULTIPLE = 16;

/** Names of a grid detector's outputs. */
export const DETECTIONS = "detections";
export const HEATMAP = "heatmap";
export const BOX = "box";

/**
 * An anchor-free grid detector. Input `image`: RGB [N, 3, height, width] in [0, 1], sides a multiple of 16. Outputs:
 * - `detections` [N, 4 + classes, cells]: center x, center y, width and height in pixels of the input, then the probability of
 *   each class, for every cell of the grid in row-major order; not suppressed.
 * - `heatmap` [N, classes, height / 8, width / 8]: the logit that an object of the class has its center in the cell.
 * - `box` [N, 4, height / 8, width / 8]: raw offsets of the center from the cell's center, then width and height; see `decode`.
 */
export interface DetectorNetwork {
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /** Builds the network with initial weights that depend only on `seed`. */
  build(classes: number, seed: number): Graph;
}

interface Widths {
  /** Channels at strides 2, 4, 8 and 16. */
  readonly stages: readonly [number, number, number, number];
  /** Residual blocks of each stage. */
  readonly blocks: number;
}

/** Logit of the initial probability 0.1 of an object in a cell (Lin et al., RetinaNet, ICCV 2017, sec. 4.1). */
const PRIOR = Math.log(0.1 / 0.9);
/** Raw size of 2 cells, the initial width and height of boxes. */
const INITIAL_SIZE = Math.log(Math.exp(2) - 1);
/** The last layers start small, so that every cell starts with the same score and box. */
const GAIN = 0.1;

/**
 * A residual network up to stride 16, whose features are enlarged and added to those of stride 8 (Lin et al., FPN, CVPR 2017),
 * and two heads after CenterNet (Zhou et al., Objects as Points, 2019).
 */
export const gridDetector = (name: string, summary: string, { stages, blocks }: Widths): DetectorNetwork => ({
  name,
  summary,
  build(classes, seed) {
    const layers = new Layers(name, seed);
    const { b } = layers;
    const image = b.Mul(b.Sub(b.input(IMAGE, ["N", 3, "height", "width"]), b.scalar(0.5)), b.scalar(4));
    const { x, channels } = neck(layers, image, stages, blocks);
    const head = (title: string, outputs: number, bias: number) => {
      const inner = unit(layers, `${title}.inner`, x, [channels, channels], 3);
      return layers.conv(title, inner, channels, outputs, 1, { gain: GAIN, bias });
    };
    const heatmap = head(HEATMAP, classes, PRIOR);
    const center = head("center", 2, 0);
    const box = b.Concat([center, head("size", 2, INITIAL_SIZE)], 1);
    b.output(DETECTIONS, decode(b, heatmap, box, classes), ["N", 4 + classes, "cells"]);
    b.output(HEATMAP, heatmap, ["N", classes, "rows", "columns"]);
    b.output(BOX, box, ["N", 4, "rows", "columns"]);
    return b.build();
  },
});

/** The features of stride 8, with those of stride 16 added. */
function neck(layers: Layers, image: string, stages: Widths["stages"], blocks: number): Features {
  let [x, channels] = [unit(layers, "head", image, [3, stages[0]], 3, 2), stages[0]];
  const maps: Features[] = [];
  for (const [stage, width] of stages.slice(1).entries()) {
    for (let i = 0; i < blocks; i++) {
      x = residualBlock(layers, `stage${stage}.block${i}`, x, [channels, width], i === 0 ? 2 : 1);
      channels = width;
    }
    maps.push({ x, channels });
  }
  const [, fine, coarse] = maps as [Features, Features, Features];
  const lateral = unit(layers, "lateral", coarse.x, [coarse.channels, fine.channels], 1);
  const enlarged = layers.b.Resize(lateral, [1, 1, 2, 2], { mode: string("nearest") });
  const merged = unit(layers, "merge", layers.b.Add(fine.x, enlarged), [fine.channels, fine.channels], 3);
  return { x: merged, channels: fine.channels };
}

/**
 * The boxes of all cells. A cell (column i, row j) with the raw box (x, y, w, h) has its center at 8·(i + 1/2 + x, j + 1/2 + y)
 * and the size 8·(softplus w, softplus h).
 */
function decode(b: GraphBuilder, heatmap: string, box: string, classes: number): string {
  const [offset, size] = b.Split(box, 1, [2, 2]) as [string, string];
  const ones = b.Add(b.Mul(b.Slice(offset, [1], [0], [1]), b.zero), b.one);
  const along = (axis: number) => b.Sub(b.add("CumSum", [ones, b.integers([axis])]), b.scalar(0.5));
  const center = b.Add(b.Concat([along(3), along(2)], 1), offset);
  const pixels = (cells: string) => b.Mul(cells, b.scalar(STRIDE));
  const rows = b.Concat([pixels(center), pixels(b.add("Softplus", [size])), b.Sigmoid(heatmap)], 1);
  return b.Reshape(rows, [0, 4 + classes, -1]);
}
