/** Red, green and blue of a color space as XYZ under D50. */
export type Colorants = readonly (readonly [x: number, y: number, z: number])[];

/** Colorants from the published profiles. */
export const COLORANTS = {
  sRGB: [
    [0.43607, 0.22249, 0.01392],
    [0.38515, 0.71687, 0.09708],
    [0.14307, 0.06061, 0.7141],
  ],
  "Display P3": [
    [0.51512, 0.2412, -0.00105],
    [0.29198, 0.69225, 0.04189],
    [0.1571, 0.06657, 0.78407],
  ],
  "Adobe RGB": [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
  "ProPhoto RGB": [
    [0.79767, 0.28804, 0],
    [0.13519, 0.71187, 0],
    [0.03135, 0.00009, 0.8249],
  ],
} satisfies Record<string, Colorants>;

const fixed = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65536), 4 * i);
  return bytes;
};

const tag = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const data = Buffer.concat([Buffer.from(type), Buffer.alloc(4), ...parts]);
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
};

/** A "curv" tag with a gamma. */
export function gammaCurve(gamma: number): Buffer {
  const data = Buffer.from([0, 0, 0, 1, 0, 0]);
  data.writeUInt16BE(Math.round(gamma * 256), 4);
  return tag("curv", data);
}

/** The "para" tag of the sRGB curve, of function type 3. */
export const sRgbCurve = (): Buffer =>
  tag("para", Buffer.from([0, 3, 0, 0]), fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045));

/** An ICC profile of version 2 with one curve for all channels: of gray, or of RGB if it has colorants. */
export function iccProfile(curve: Buffer, colorants?: Colorants): Buffer {
  const white = fixed(0.9642, 1, 0.8249);
  const tags: [string, Buffer][] = [
    ["desc", tag("desc", Buffer.from([0, 0, 0, 2, 65, 0]), Buffer.alloc(78))],
    ["cprt", tag("text", Buffer.from("none\0"))],
    ["wtpt", tag("XYZ ", white)],
  ];
  for (const [i, color] of (colorants ?? []).entries())
    tags.push([`${"rgb"[i]}XYZ`, tag("XYZ ", fixed(...color))], [`${"rgb"[i]}TRC`, curve]);
  if (!colorants) tags.push(["kTRC", curve]);
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  let offset = 128 + table.length;
  for (const [i, [name, data]] of tags.entries()) {
    table.write(name, 4 + 12 * i);
    table.writeUInt32BE(offset, 8 + 12 * i);
    table.writeUInt32BE(data.length, 12 + 12 * i);
    offset += data.length;
  }
  const header = Buffer.alloc(128);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x02400000, 8);
  header.write(`mntr${colorants ? "RGB " : "GRAY"}XYZ `, 12);
  header.write("acsp", 36);
  white.copy(header, 68);
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)]);
}
