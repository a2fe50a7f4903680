import { SRGB_CHROMATICITIES, writeColorProfile } from "./icc-writer.js";

/** A color profile that consists of a curve for each channel and, for RGB, of a matrix. */
export interface ColorProfile {
  /** Of gray or of red, green and blue: linear light, 0 to 1, for the values 0 to 65535. */
  readonly curves: readonly Float32Array[];
  /** From linear RGB of the profile to linear sRGB, by rows; undefined for gray. */
  readonly matrix: readonly (readonly number[])[] | undefined;
}

/**
 * Reads an ICC profile of the kind "gray" or "matrix and curves". The conversion of other kinds, with tables or for CMYK, is
 * left to libvips, and so are profiles that cannot be read, which it ignores.
 * Reference: ICC.1:2022, sections 8.3, 8.4, 10.6, 10.18.
 */
export function readColorProfile(icc: Buffer): ColorProfile | undefined {
  try {
    const tags = tagsOf(icc);
    const space = spaceOf(icc);
    const xyz = icc.toString("latin1", 20, 24) === "XYZ ";
    if (icc.toString("latin1", 36, 40) !== "acsp" || !xyz || tags.has("A2B0")) return undefined;
    if (space === "GRAY") return { curves: [curveOf(tags.get("kTRC"))], matrix: undefined };
    if (space !== "RGB ") return undefined;
    const columns = ["rXYZ", "gXYZ", "bXYZ"].map((name) => pointOf(tags.get(name)));
    const toXyz = [0, 1, 2].map((row) => columns.map((column) => column[row] as number));
    const matrix = product(XYZ_TO_SRGB, toXyz);
    return { curves: curvesOf(["rTRC", "gTRC", "bTRC"].map((name) => tags.get(name))), matrix };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // truncated, or not a profile
    throw error;
  }
}

/** Classes of profiles of a device or a color space: display, input, output, space. */
const CLASSES = ["mntr", "scnr", "prtr", "spac"];

/**
 * Whether a file with that many channels can have an ICC profile: one of gray for 1 or 2 channels with a curve, one of RGB
 * for 3 or 4 with curves or tables.
 */
export function fitsChannels(icc: Buffer, channels: number): boolean {
  if (icc.length < 132 || icc.readUInt32BE(0) > icc.length || icc.toString("latin1", 36, 40) !== "acsp") return false;
  const isGray = channels < 3;
  if (spaceOf(icc) !== (isGray ? "GRAY" : "RGB ") || !CLASSES.includes(icc.toString("latin1", 12, 16))) return false;
  return readColorProfile(icc) !== undefined || (!isGray && hasTable(icc));
}

function hasTable(icc: Buffer): boolean {
  try {
    return (tagsOf(icc).get("A2B0")?.length ?? 0) > 0;
  } catch (error) {
    if (error instanceof RangeError) return false; // truncated
    throw error;
  }
}

/** A profile of RGB in which equal values look as in a profile of gray; a profile of RGB is returned as it is. */
export function asRgbProfile(icc: Buffer): Buffer {
  const curve = spaceOf(icc) === "GRAY" && tagsOf(icc).get("kTRC");
  return curve ? writeColorProfile("Gray as RGB", curve, SRGB_CHROMATICITIES) : icc;
}

const spaceOf = (icc: Buffer): string => icc.toString("latin1", 16, 20);

/** From XYZ under D50 to linear sRGB: the inverse of the colorants that sRGB profiles have. */
const XYZ_TO_SRGB = [
  [3.1340957, -1.6174004, -0.4906378],
  [-0.9787927, 1.9162949, 0.0334536],
  [0.0719711, -0.2289871, 1.4053802],
] as const;

const product = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] =>
  a.map((row) => [0, 1, 2].map((column) => row.reduce((sum, v, i) => sum + v * (b[i]?.[column] as number), 0)));

/** The data of each tag, by its signature. */
function tagsOf(icc: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  const count = Math.min(icc.readUInt32BE(128), 100);
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const offset = icc.readUInt32BE(at + 4);
    tags.set(icc.toString("latin1", at, at + 4), icc.subarray(offset, offset + icc.readUInt32BE(at + 8)));
  }
  return tags;
}

const fixed = (data: Buffer, offset: number): number => data.readInt32BE(offset) / 65536;

function pointOf(tag: Buffer | undefined): [x: number, y: number, z: number] {
  if (tag?.toString("latin1", 0, 4) !== "XYZ ") throw new RangeError("not an XYZ tag");
  return [fixed(tag, 8), fixed(tag, 12), fixed(tag, 16)];
}

/** The curves of tags. Most profiles have the same one for each color, which is then computed once. */
function curvesOf(tags: readonly (Buffer | undefined)[]): Float32Array[] {
  const curves: Float32Array[] = [];
  for (const tag of tags) {
    const same = tags.findIndex((other) => tag && other?.equals(tag));
    curves.push(curves[same] ?? curveOf(tag));
  }
  return curves;
}

/** The linear light of every 16-bit value. */
function curveOf(tag: Buffer | undefined): Float32Array {
  const type = tag?.toString("latin1", 0, 4);
  if (!tag || (type !== "curv" && type !== "para")) throw new RangeError("not a curve");
  const curve = type === "curv" ? sampledCurve(tag) : parametricCurve(tag);
  return Float32Array.from({ length: 65536 }, (_, value) => Math.min(Math.max(curve(value / 65535), 0), 1));
}

type Curve = (x: number) => number;

/** No entry: the identity; one: a gamma; more: samples, interpolated linearly. */
function sampledCurve(tag: Buffer): Curve {
  const count = tag.readUInt32BE(8);
  if (count === 0) return (x) => x;
  if (count === 1) {
    const gamma = tag.readUInt16BE(12) / 256;
    return (x) => x ** gamma;
  }
  const samples = Float64Array.from({ length: count }, (_, i) => tag.readUInt16BE(12 + 2 * i) / 65535);
  return (x) => interpolated(samples, x);
}

/** The value of a table at `x`, 0 to 1. */
function interpolated(table: Float64Array, x: number): number {
  const position = x * (table.length - 1);
  const below = Math.min(Math.floor(position), table.length - 2);
  const [low, high] = [table[below] as number, table[below + 1] as number];
  return low + (high - low) * (position - below);
}

/** The function types 0 to 4 of ICC.1:2022, table 68. */
function parametricCurve(tag: Buffer): Curve {
  const kind = tag.readUInt16BE(8);
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

/** sRGB, 0 to 1, of linear light, 0 to 1, at even distances. */
const encoded = Float64Array.from({ length: 65537 }, (_, i) => {
  const light = i / 65536;
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
});

/** sRGB, 0 to 1, of linear light; colors outside sRGB are clipped. */
const encode = (light: number): number => interpolated(encoded, Math.min(Math.max(light, 0), 1));

/**
 * Converts 16-bit pixels of a profile to sRGB, RGB or RGBA.
 * @param channels of `data`: 1 or 3, with alpha 2 or 4.
 */
export function toSrgb(data: Uint16Array, channels: number, { curves, matrix }: ColorProfile): Uint16Array {
  const [colors, alpha] = [channels < 3 ? 1 : 3, channels % 2 === 0];
  const width = alpha ? 4 : 3;
  const result = new Uint16Array((data.length / channels) * width);
  const light = [0, 0, 0];
  for (let from = 0, to = 0; from < data.length; from += channels, to += width) {
    for (let c = 0; c < 3; c++) {
      const channel = Math.min(c, colors - 1);
      light[c] = (curves[Math.min(channel, curves.length - 1)] as Float32Array)[
        data[from + channel] as number
      ] as number;
    }
    const [r, g, b] = light as [number, number, number];
    for (let c = 0; c < 3; c++) {
      const row = matrix?.[c];
      const value = row
        ? (row[0] as number) * r + (row[1] as number) * g + (row[2] as number) * b
        : (light[c] as number);
      result[to + c] = Math.round(65535 * encode(value));
    }
    if (alpha) result[to + 3] = data[from + colors] as number;
  }
  return result;
}
