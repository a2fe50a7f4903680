import { reflect } from "../../images/filter.js";
import type { Image } from "../../images/image.js";
import type { Plane } from "../luma.js";
import { median } from "../median.js";
import { transposed } from "./transposed.js";

/** Daubechies' orthonormal wavelet with two vanishing moments (db2): the low-pass and the high-pass analysis filter. */
const LOW = [-0.12940952255126037, 0.2241438680420134, 0.8365163037378079, 0.48296291314453416];
const HIGH = [-0.48296291314453416, 0.8365163037378079, -0.2241438680420134, -0.12940952255126037];

/** The median of |x| for a normal x of standard deviation 1. */
const NORMAL_MAD = 0.6744897501960817;

/** Side of a cell in coefficients; a coefficient spans two pixels. */
const CELL = 4;
/** The share of cells that are used: the smoothest ones. */
const SMOOTHEST = 0.25;
/** If fewer than this share of the cells is not saturated, all are used. */
const FEW = 1 / 8;

/**
 * The standard deviation of white noise in an image with values in [0, 1], the mean over the channels: the median absolute
 * coefficient of the finest diagonal wavelet band divided by 0.6745 (Donoho and Johnstone 1994, sec. 4.2), as
 * `estimate_sigma` of scikit-image, over the smoothest quarter of the image alone. The low-pass band selects it; for white
 * noise the two bands are independent, so the selection does not bias the estimate.
 */
export function noiseLevel(image: Image): number {
  const levels = [0, 1, 2].map((channel) => noiseOfPlane(channelOf(image, channel)));
  return levels.reduce((sum, level) => sum + level, 0) / levels.length;
}

/** The same of one channel. Cells that noise of the first estimate saturates are left out of the second. */
function noiseOfPlane(plane: Plane): number {
  const cells = cellsOf(waveletBand(plane, LOW));
  const diagonal = waveletBand(plane, HIGH);
  return noiseInside(2 * noiseInside(0, cells, diagonal), cells, diagonal);
}

/** The noise of the smoothest cells whose mean is at least `margin` from 0 and 1; of all cells if few are. */
function noiseInside(margin: number, cells: readonly Cell[], { data }: Plane): number {
  const inside = cells.filter(({ mean }) => mean > margin && mean < 1 - margin);
  const ordered = (inside.length > FEW * cells.length ? inside : [...cells]).sort((a, b) => a.variance - b.variance);
  const chosen = ordered.slice(0, Math.ceil(SMOOTHEST * ordered.length));
  const magnitudes = chosen.flatMap(({ places }) => Array.from(places, (place) => Math.abs(data[place] as number)));
  return median(magnitudes) / NORMAL_MAD;
}

function channelOf({ width, height, data }: Image, channel: number): Plane {
  const values = Float64Array.from({ length: width * height }, (_, i) => (data[3 * i + channel] as number) / 255);
  return { width, height, data: values };
}

interface Cell {
  /** Indices of its coefficients. */
  readonly places: Int32Array;
  /** In units of the image. */
  readonly mean: number;
  readonly variance: number;
}

/** Cells of the low-pass band, without an incomplete last row and column unless there is no other. */
function cellsOf({ width, height, data }: Plane): Cell[] {
  const [columns, rows] = [Math.max(1, Math.floor(width / CELL)), Math.max(1, Math.floor(height / CELL))];
  const [wide, high] = [Math.min(CELL, width), Math.min(CELL, height)];
  return Array.from({ length: columns * rows }, (_, cell) => {
    const first = CELL * Math.floor(cell / columns) * width + CELL * (cell % columns);
    const places = new Int32Array(wide * high);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < places.length; i++) {
      const place = first + Math.floor(i / wide) * width + (i % wide);
      const value = (data[place] as number) / 2; // along each axis the low-pass filter has a gain of √2
      places[i] = place;
      sum += value;
      squares += value ** 2;
    }
    const mean = sum / places.length;
    return { places, mean, variance: squares / places.length - mean ** 2 };
  });
}

/** The finest diagonal band of the db2 wavelet transform, with symmetric borders: `pywt.dwt2(plane, "db2")[1][2]`. */
export const diagonalBand = (plane: Plane): Plane => waveletBand(plane, HIGH);

/** A band of the wavelet transform: the same filter along rows and columns, every second output. */
const waveletBand = (plane: Plane, taps: readonly number[]): Plane =>
  transposed(filteredRows(transposed(filteredRows(plane, taps)), taps));

function filteredRows({ width, height, data }: Plane, [a = 0, b = 0, c = 0, d = 0]: readonly number[]): Plane {
  const wide = Math.floor((width + 3) / 2);
  const result = new Float64Array(wide * height);
  for (let column = 0; column < wide; column++) {
    const sources = [1, 0, -1, -2].map((tap) => reflect(2 * column + tap, width));
    const [first = 0, second = 0, third = 0, fourth = 0] = sources;
    for (let row = 0; row < height; row++) {
      const at = row * width;
      result[row * wide + column] =
        a * (data[at + first] as number) +
        b * (data[at + second] as number) +
        c * (data[at + third] as number) +
        d * (data[at + fourth] as number);
    }
  }
  return { width: wide, height, data: result };
}
