import { isProfile, spaceOf, tagsOf, textAt, viewOf } from "./icc.js";

/** Linear light, 0 to 1, of a value, 0 to 1. */
type Curve = (x: number) => number;

type Matrix = readonly (readonly number[])[];

/** A color profile that consists of a curve for each channel and, for RGB, of a matrix. */
export interface ColorProfile {
  /** Of gray or of red, green and blue. */
  readonly curves: readonly Curve[];
  /** From linear RGB to XYZ under D50, by rows; undefined for gray. */
  readonly toXyz: Matrix | undefined;
}

/** A color profile of RGB. */
export type RgbProfile = ColorProfile & { readonly toXyz: Matrix };

export const isRgb = (profile: ColorProfile): profile is RgbProfile => profile.toXyz !== undefined;

/**
 * Reads an ICC profile of the kind "gray" or "matrix and curves". The conversion of other kinds, with tables or for CMYK, is
 * left to the decoder, and so are profiles that cannot be read, which it ignores.
 * Reference: ICC.1:2022, sections 8.3, 8.4, 10.6, 10.18.
 */
export function readColorProfile(icc: Uint8Array): ColorProfile | undefined {
  try {
    const tags = tagsOf(icc);
    const space = spaceOf(icc);
    if (!isProfile(icc) || textAt(icc, 20, 24) !== "XYZ " || tags.has("A2B0")) return undefined;
    if (space === "GRAY") return { curves: [curveOf(tags.get("kTRC"))], toXyz: undefined };
    if (space !== "RGB ") return undefined;
    const columns = ["rXYZ", "gXYZ", "bXYZ"].map((name) => pointOf(tags.get(name)));
    const toXyz = [0, 1, 2].map((row) => columns.map((column) => column[row] as number));
    const curves = curvesOf(["rTRC", "gTRC", "bTRC"].map((name) => tags.get(name)));
    return { curves, toXyz };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // truncated, or not a profile
    throw error;
  }
}

/** From XYZ under D50 to linear sRGB: the inverse of the colorants that sRGB profiles have. */
const XYZ_TO_SRGB = [
  [3.1340957, -1.6174004, -0.4906378],
  [-0.9787927, 1.9162949, 0.0334536],
  [0.0719711, -0.2289871, 1.4053802],
] as const;

const product = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => [0, 1, 2].map((column) => row.reduce((sum, v, i) => sum + v * (b[i]?.[column] as number), 0)));

const fixed = (data: DataView, offset: number): number => data.getInt32(offset) / 65536;

function pointOf(tag: Uint8Array | undefined): [x: number, y: number, z: number] {
  if (!tag || textAt(tag, 0, 4) !== "XYZ ") throw new RangeError("not an XYZ tag");
  const view = viewOf(tag);
  return [fixed(view, 8), fixed(view, 12), fixed(view, 16)];
}

/** The curves of tags. Most profiles have the same data for each color, whose curve is then the same. */
function curvesOf(tags: readonly (Uint8Array | undefined)[]): Curve[] {
  const curves: Curve[] = [];
  for (const tag of tags) {
    const same = tags.findIndex((other) => other && other.byteOffset === tag?.byteOffset);
    curves.push(curves[same] ?? curveOf(tag));
  }
  return curves;
}

function curveOf(tag: Uint8Array | undefined): Curve {
  const type = tag && textAt(tag, 0, 4);
  if (type !== "curv" && type !== "para") throw new RangeError("not a curve");
  return type === "curv" ? sampledCurve(viewOf(tag as Uint8Array)) : parametricCurve(viewOf(tag as Uint8Array));
}

/** No entry: the identity; one: a gamma; more: samples, interpolated linearly and, as by Little CMS, rounded to 16 bits. */
function sampledCurve(tag: DataView): Curve {
  const count = tag.getUint32(8);
  if (count === 0) return (x) => x;
  if (count === 1) {
    const gamma = tag.getUint16(12) / 256;
    return (x) => x ** gamma;
  }
  if (count > 65536) throw new RangeError("more samples than values");
  const samples = Float64Array.from({ length: count }, (_, i) => tag.getUint16(12 + 2 * i) / 65535);
  return (x) => Math.round(interpolated(samples, x) * 65535) / 65535;
}

/** The value of a table at `x`, 0 to 1. */
function interpolated(table: Float64Array, x: number): number {
  const position = x * (table.length - 1);
  const below = Math.min(Math.floor(position), table.length - 2);
  const [low, high] = [table[below] as number, table[below + 1] as number];
  return low + (high - low) * (position - below);
}

/** The function types 0 to 4 of ICC.1:2022, table 68. */
function parametricCurve(tag: DataView): Curve {
  const kind = tag.getUint16(8);
  const count = [1, 3, 4, 5, 7][kind];
  if (count === undefined) throw new RangeError("an unknown curve");
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from({ length: count }, (_, i) =>
    fixed(tag, 12 + 4 * i),
  );
  const power: Curve = (x) => Math.max(a * x + b, 0) ** g;
  if (kind === 0) return (x) => x ** g;
  if (kind === 1) return (x) => (x >= -b / a ? power(x) : 0);
  if (kind === 2) return (x) => (x >= -b / a ? power(x) + c : c);
  return (x) => (x >= d ? power(x) + e : c * x + f);
}

const clipped = (value: number): number => Math.min(Math.max(value, 0), 1);

/** sRGB, 0 to 1, of linear light, 0 to 1. */
const encode = (light: number): number => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);

/** A function that makes its value when it is first called: tables that few images need are not worth the time at every start. */
function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}

/** A table for each curve; those of the same curve are the same. */
function tablesOf<Table>(curves: readonly Curve[], tableOf: (curve: Curve) => Table): Table[] {
  const tables = new Map([...new Set(curves)].map((curve) => [curve, tableOf(curve)]));
  return curves.map((curve) => tables.get(curve) as Table);
}

/** sRGB at even distances of linear light, of which `toSrgb` interpolates. */
const encodedLight = once(() => Float64Array.from({ length: 65537 }, (_, i) => encode(i / 65536)));

/**
 * Converts 16-bit pixels of a profile to sRGB, RGB or RGBA. Colors outside sRGB are clipped.
 * @param channels of `data`: 1 or 3, with alpha 2 or 4.
 */
export function toSrgb(data: Uint16Array, channels: number, { curves, toXyz }: ColorProfile): Uint16Array {
  const matrix = toXyz && product(XYZ_TO_SRGB, toXyz);
  const [colors, alpha] = [channels < 3 ? 1 : 3, channels % 2 === 0];
  const lights = tablesOf(curves, (curve) =>
    Float32Array.from({ length: 65536 }, (_, value) => clipped(curve(value / 65535))),
  );
  const encoded = encodedLight();
  const width = alpha ? 4 : 3;
  const result = new Uint16Array((data.length / channels) * width);
  const light = [0, 0, 0];
  for (let from = 0, to = 0; from < data.length; from += channels, to += width) {
    for (let c = 0; c < 3; c++) {
      const channel = Math.min(c, colors - 1);
      const table = lights[Math.min(channel, lights.length - 1)] as Float32Array;
      light[c] = table[data[from + channel] as number] as number;
    }
    const [r, g, b] = light as [number, number, number];
    for (let c = 0; c < 3; c++) {
      const row = matrix?.[c];
      const value = row
        ? (row[0] as number) * r + (row[1] as number) * g + (row[2] as number) * b
        : (light[c] as number);
      result[to + c] = Math.round(65535 * interpolated(encoded, clipped(value)));
    }
    if (alpha) result[to + 3] = data[from + colors] as number;
  }
  return result;
}

/** The profile to which libvips converts: sRGB with rounded numbers. From XYZ under D50, and the parameters of its curve. */
const SRGB_OF_LIBVIPS = {
  fromXyz: [
    [3.1339152862, -1.6169380837, -0.4907133179],
    [-0.9784478213, 1.9158807079, 0.0333874652],
    [0.0720246263, -0.2290288636, 1.4057157557],
  ],
  curve: {
    g: 2.4000396728515625,
    a: 0.9478607177734375,
    b: 0.0521392822265625,
    c: 0.077392578125,
    d: 0.0404510498046875,
  },
} as const;

/** 1 as a fixed-point number. */
const ONE = 2 ** 14;

const toFixedPoint = (value: number): number => Math.floor(value * ONE + 0.5);

/** The sRGB level, 0 to 255, of linear light in fixed point: rounded to 16 bits, then to 8. */
function levelOf(fixedLight: number): number {
  const { g, a, b, c, d } = SRGB_OF_LIBVIPS.curve;
  const light = fixedLight / ONE;
  const value = Math.fround(light >= (a * d + b) ** g ? (light ** (1 / g) - b) / a : light / c);
  return Math.round(Math.floor(clipped(value) * 65535 + 0.5) / 257);
}

const levelsOfLight = once(() => Uint8Array.from({ length: ONE + 1 }, (_, fixedLight) => levelOf(fixedLight)));

/**
 * Converts RGBA pixels of 8 bits from a profile to sRGB, in place, and clips colors outside it. The arithmetic is that of
 * libvips, so that results are equal: fixed point with 14 bits behind the point.
 * Reference: Little CMS 2, `cmsopt.c`, OptimizeMatrixShaper.
 */
export function toSrgb8(data: Uint8Array, { curves, toXyz }: RgbProfile): void {
  const [reds, greens, blues] = tablesOf(curves, (curve) =>
    Int32Array.from({ length: 256 }, (_, level) => toFixedPoint(Math.fround(curve(Math.fround(level / 255))))),
  ) as [Int32Array, Int32Array, Int32Array];
  const weights = Int32Array.from(product(SRGB_OF_LIBVIPS.fromXyz, toXyz).flat(), toFixedPoint);
  const levels = levelsOfLight();
  for (let at = 0; at < data.length; at += 4) {
    const r = reds[data[at] as number] as number;
    const g = greens[data[at + 1] as number] as number;
    const b = blues[data[at + 2] as number] as number;
    for (let c = 0; c < 3; c++) {
      const sum =
        (weights[3 * c] as number) * r + (weights[3 * c + 1] as number) * g + (weights[3 * c + 2] as number) * b;
      data[at + c] = levels[Math.min(Math.max((sum + ONE / 2) >> 14, 0), ONE)] as number;
    }
  }
}
