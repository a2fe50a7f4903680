/** The chromaticities (CIE 1931 x, y) of a color space. */
export interface Chromaticities {
  readonly white: Point;
  readonly red: Point;
  readonly green: Point;
  readonly blue: Point;
}

type Bytes = Uint8Array<ArrayBuffer>;
type Point = readonly [x: number, y: number];
type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** From encoded values to linear light: a power, the curve of sRGB, or the data of a tag of an ICC profile. */
export type TransferCurve = number | "sRGB" | Uint8Array;

/** The white of ICC profiles, D50, in XYZ. */
const D50: Vector = [0.9642, 1, 0.8249];

/** The cone responses of the Bradford adaptation. */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/**
 * An ICC profile with one curve for all channels: of gray, or of RGB if there are chromaticities.
 * Reference: ICC.1:2022, sections 7, 8.3, 8.4, 10.6, 10.15, 10.18, 10.31 and annex E.
 */
export function writeColorProfile(
  name: string,
  curve: TransferCurve,
  chromaticities?: Chromaticities,
): Uint8Array<ArrayBuffer> {
  const curveData = curveTag(curve);
  const tags: [string, Bytes][] = [
    ["desc", text(name)],
    ["cprt", text("CC0")],
    ["wtpt", tag("XYZ ", fixed(...D50))],
    ...(chromaticities ? colorTags(chromaticities, curveData) : [["kTRC", curveData] as [string, Bytes]]),
  ];
  const table: Bytes[] = [uint32(tags.length)];
  let offset = 128 + 4 + 12 * tags.length;
  for (const [signature, data] of tags) {
    table.push(latin1(signature), uint32(offset, data.length));
    offset += data.length;
  }
  const header = new Uint8Array(128);
  header.set(uint32(offset), 0);
  header.set(uint32(0x04300000), 8); // version 4.3
  header.set(latin1(`mntr${chromaticities ? "RGB " : "GRAY"}XYZ `), 12);
  header.set(latin1("acsp"), 36);
  header.set(fixed(...D50), 68);
  return joined(header, ...table, ...tags.map(([, data]) => data));
}

const D65: Point = [0.3127, 0.329];

export const SRGB_CHROMATICITIES: Chromaticities = {
  ...{ white: D65, red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06] },
};

function colorTags({ white, red, green, blue }: Chromaticities, curve: Bytes): [string, Bytes][] {
  const adaptation = adaptationFrom(xyz(white));
  const primaries = transposed([xyz(red), xyz(green), xyz(blue)]);
  const amounts = times(inverse(primaries), xyz(white));
  const colorants = transposed(product(adaptation, primaries)).map((color, i) =>
    color.map((value) => value * (amounts[i] as number)),
  );
  return [
    ["chad", tag("sf32", fixed(...adaptation.flat()))],
    ...colorants.map((color, i) => [`${"rgb"[i]}XYZ`, tag("XYZ ", fixed(...color))] as [string, Bytes]),
    ...[..."rgb"].map((channel) => [`${channel}TRC`, curve] as [string, Bytes]),
  ];
}

/** XYZ of luminance 1. */
const xyz = ([x, y]: Point): Vector => [x / y, 1, (1 - x - y) / y];

function adaptationFrom(white: Vector): Matrix {
  const [from, to] = [times(BRADFORD, white), times(BRADFORD, D50)];
  const gains = BRADFORD.map((row, i) => row.map((value) => (value * (to[i] as number)) / (from[i] as number)));
  return product(inverse(BRADFORD), gains as unknown as Matrix);
}

const times = (m: Matrix, v: Vector): Vector => m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as never;

const transposed = (m: Matrix): Matrix => [0, 1, 2].map((i) => m.map((row) => row[i])) as never;

const product = (a: Matrix, b: Matrix): Matrix => transposed(transposed(b).map((column) => times(a, column)) as never);

/** By cofactors. */
function inverse(m: Matrix): Matrix {
  const at = (row: number, column: number) => m[row % 3]?.[column % 3] as number;
  const cofactor = (r: number, c: number) => at(r + 1, c + 1) * at(r + 2, c + 2) - at(r + 1, c + 2) * at(r + 2, c + 1);
  const determinant = [0, 1, 2].reduce((sum, c) => sum + at(0, c) * cofactor(0, c), 0);
  return [0, 1, 2].map((r) => [0, 1, 2].map((c) => cofactor(c, r) / determinant)) as never;
}

const latin1 = (text: string): Bytes => Uint8Array.from(text, (character) => character.charCodeAt(0));

const joined = (...parts: readonly Bytes[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]));

function uint32(...values: readonly number[]): Bytes {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return new Uint8Array(view.buffer);
}

/** Numbers with 16 bits behind the point. */
const fixed = (...values: readonly number[]): Bytes => uint32(...values.map((value) => Math.round(value * 65536)));

/** Tags begin at multiples of 4 bytes. */
const padded = (data: Uint8Array): Bytes => joined(Uint8Array.from(data), new Uint8Array(-data.length & 3));

const tag = (type: string, ...parts: readonly Bytes[]): Bytes =>
  padded(joined(latin1(type), new Uint8Array(4), ...parts));

function curveTag(curve: TransferCurve): Bytes {
  if (curve instanceof Uint8Array) return padded(curve);
  return curve === "sRGB"
    ? tag("para", Uint8Array.of(0, 3, 0, 0), fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    : tag("para", Uint8Array.of(0, 0, 0, 0), fixed(curve));
}

/** A text of ASCII characters as one record of 12 bytes, in UTF-16. */
function text(value: string): Bytes {
  const units = latin1([...value].map((character) => `\0${character}`).join(""));
  return tag("mluc", uint32(1, 12), latin1("enUS"), uint32(units.length, 28), units);
}
