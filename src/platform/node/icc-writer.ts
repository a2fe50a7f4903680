/** The chromaticities (CIE 1931 x, y) of a color space. */
export interface Chromaticities {
  readonly white: Point;
  readonly red: Point;
  readonly green: Point;
  readonly blue: Point;
}

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
export function writeColorProfile(name: string, curve: TransferCurve, chromaticities?: Chromaticities): Buffer {
  const curveData = curveTag(curve);
  const tags: [string, Buffer][] = [
    ["desc", text(name)],
    ["cprt", text("CC0")],
    ["wtpt", tag("XYZ ", fixed(...D50))],
    ...(chromaticities ? colorTags(chromaticities, curveData) : [["kTRC", curveData] as [string, Buffer]]),
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  let offset = 128 + table.length;
  for (const [i, [signature, data]] of tags.entries()) {
    table.write(signature, 4 + 12 * i);
    table.writeUInt32BE(offset, 8 + 12 * i);
    table.writeUInt32BE(data.length, 12 + 12 * i);
    offset += data.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x04300000, 8); // version 4.3
  header.write(`mntr${chromaticities ? "RGB " : "GRAY"}XYZ `, 12);
  header.write("acsp", 36);
  fixed(...D50).copy(header, 68);
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)]);
}

const D65: Point = [0.3127, 0.329];

export const SRGB_CHROMATICITIES: Chromaticities = {
  ...{ white: D65, red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06] },
};

function colorTags({ white, red, green, blue }: Chromaticities, curve: Buffer): [string, Buffer][] {
  const adaptation = adaptationFrom(xyz(white));
  const primaries = transposed([xyz(red), xyz(green), xyz(blue)]);
  const amounts = times(inverse(primaries), xyz(white));
  const colorants = transposed(product(adaptation, primaries)).map((color, i) =>
    color.map((value) => value * (amounts[i] as number)),
  );
  return [
    ["chad", tag("sf32", fixed(...adaptation.flat()))],
    ...colorants.map((color, i) => [`${"rgb"[i]}XYZ`, tag("XYZ ", fixed(...color))] as [string, Buffer]),
    ...[..."rgb"].map((channel) => [`${channel}TRC`, curve] as [string, Buffer]),
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

function fixed(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65536), 4 * i);
  return bytes;
}

const tag = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const data = Buffer.concat([Buffer.from(type), Buffer.alloc(4), ...parts]);
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
};

function curveTag(curve: TransferCurve): Buffer {
  if (curve instanceof Uint8Array) return Buffer.concat([curve, Buffer.alloc(-curve.length & 3)]);
  return curve === "sRGB"
    ? tag("para", Buffer.from([0, 3, 0, 0]), fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    : tag("para", Buffer.from([0, 0, 0, 0]), fixed(curve));
}

function text(value: string): Buffer {
  const units = Buffer.from(value, "utf16le").swap16();
  const head = Buffer.alloc(20);
  head.writeUInt32BE(1, 0); // one record of 12 bytes
  head.writeUInt32BE(12, 4);
  head.write("enUS", 8);
  head.writeUInt32BE(units.length, 12);
  head.writeUInt32BE(28, 16);
  return tag("mluc", head, units);
}
