import type { Box } from "../data/annotation.js";
import { float32, type Tensor } from "../onnx/tensor.js";

/** The grid of a detector. */
export interface DetectionGrid {
  readonly classes: number;
  /** Cells along each side. */
  readonly cells: number;
  /** Side of the images, in pixels, that the boxes refer to. */
  readonly side: number;
}

/** The targets of a grid detector as tensors; see `DetectionTargets`. */
export interface TargetTensors {
  readonly heatmap: Tensor;
  readonly box: Tensor;
  readonly weight: Tensor;
}

/** Standard deviation of the Gaussian around a center, as a share of the object's side (Liu et al., TTFNet, sec. 3.2: 0.54 / 6). */
const SPREAD = 0.54 / 6;
/** The smallest standard deviation in cells: the next cell then has e⁻⁸ of the center. */
const SMALLEST = 0.25;
/** Where the Gaussian is below this, nothing is written. */
const NEGLIGIBLE = 1e-3;
/** The heatmap where objects are not told apart. The focal loss, (1 - y)⁴ of a cell, is then 10⁻¹² of the full one. */
const IGNORED = 1 - 1e-3;

/**
 * The targets for the boxes of a batch. Around the center of each object, `heatmap` (of its class) and `weight` are a Gaussian
 * that is 1 in the center's cell; where objects overlap, the larger value counts, and the box is that of the object with
 * the larger value, of equal ones the smaller object. Regions of many objects and difficult objects are ignored: they are
 * neither objects nor background.
 * @param samples the boxes of each image, in pixels of the image
 */
export function detectionTargets(samples: readonly (readonly Box[])[], grid: DetectionGrid): TargetTensors {
  const { classes, cells } = grid;
  const [count, plane] = [samples.length, cells * cells];
  const heatmap = new Float32Array(count * classes * plane);
  const box = new Float32Array(count * 4 * plane);
  const weight = new Float32Array(count * plane);
  for (const [i, boxes] of samples.entries()) {
    const maps = {
      heatmap: heatmap.subarray(i * classes * plane, (i + 1) * classes * plane),
      box: box.subarray(i * 4 * plane, (i + 1) * 4 * plane),
      weight: weight.subarray(i * plane, (i + 1) * plane),
    };
    const inCells = boxes.map((each) => scaled(each, cells / grid.side));
    for (const each of inCells.filter(isIgnored)) ignore(each, maps.heatmap, cells);
    const objects = inCells.filter((each) => !isIgnored(each));
    for (const each of objects.sort((one, other) => areaOf(other) - areaOf(one))) place(each, maps, cells);
  }
  return {
    heatmap: float32(heatmap, [count, classes, cells, cells]),
    box: float32(box, [count, 4, cells, cells]),
    weight: float32(weight, [count, 1, cells, cells]),
  };
}

interface Maps {
  readonly heatmap: Float32Array;
  readonly box: Float32Array;
  readonly weight: Float32Array;
}

const isIgnored = ({ crowd, difficult }: Box): boolean => crowd === true || difficult === true;

const areaOf = ({ left, top, right, bottom }: Box): number => (right - left) * (bottom - top);

const scaled = (box: Box, factor: number): Box => ({
  ...box,
  left: box.left * factor,
  top: box.top * factor,
  right: box.right * factor,
  bottom: box.bottom * factor,
});

/** Writes an object, given in cells. */
function place({ class: label, left, top, right, bottom }: Box, { heatmap, box, weight }: Maps, cells: number): void {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const [width, height] = [right - left, bottom - top];
  const [column, row] = [cellOf(x, cells), cellOf(y, cells)];
  const [spreadX, spreadY] = [Math.max(SPREAD * width, SMALLEST), Math.max(SPREAD * height, SMALLEST)];
  const plane = cells * cells;
  for (let j = 0; j < cells; j++)
    for (let i = 0; i < cells; i++) {
      const value = Math.exp(-(((i - column) / spreadX) ** 2 + ((j - row) / spreadY) ** 2) / 2);
      if (value < NEGLIGIBLE) continue;
      const cell = j * cells + i;
      const own = label * plane + cell;
      heatmap[own] = Math.max(heatmap[own] as number, value);
      if (value < (weight[cell] as number)) continue;
      weight[cell] = value;
      for (const [k, number] of [x - i - 0.5, y - j - 0.5, width, height].entries()) box[k * plane + cell] = number;
    }
}

/** Marks the cells of a region, given in cells, for its class. */
function ignore({ class: label, left, top, right, bottom }: Box, heatmap: Float32Array, cells: number): void {
  for (let j = cellOf(top, cells); j < Math.min(cells, Math.ceil(bottom)); j++)
    for (let i = cellOf(left, cells); i < Math.min(cells, Math.ceil(right)); i++)
      heatmap[(label * cells + j) * cells + i] = IGNORED;
}

/** The cell that holds a position, among those of the grid. */
const cellOf = (position: number, cells: number): number => Math.min(cells - 1, Math.max(0, Math.floor(position)));
