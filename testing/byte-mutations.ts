import type { Random } from "../src/random.js";

/** One of the values. */
export const pick = <T>(random: Random, values: readonly T[]): T => values[random.integer(values.length)] as T;

/** A change of the bytes of a file. */
export type ByteEdit = (bytes: Uint8Array, random: Random) => Uint8Array;

const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const noise = (random: Random, length: number) => Uint8Array.from({ length }, () => random.integer(256));
const offsetIn = (bytes: Uint8Array, random: Random) => random.integer(bytes.length + 1);

/** Flips of single bits, inserted noise, removed bytes, truncation, exchanged parts. */
export const byteEdits: readonly ByteEdit[] = [
  (bytes, random) => {
    const copy = Uint8Array.from(bytes);
    for (let n = 1 + random.integer(8); n > 0 && copy.length > 0; n--)
      copy[random.integer(copy.length)] = (copy[random.integer(copy.length)] as number) ^ (1 << random.integer(8));
    return copy;
  },
  (bytes, random) => {
    const offset = offsetIn(bytes, random);
    return joined(bytes.subarray(0, offset), noise(random, 1 + random.integer(6)), bytes.subarray(offset));
  },
  (bytes, random) => {
    const offset = offsetIn(bytes, random);
    return joined(bytes.subarray(0, offset), bytes.subarray(offset + 1 + random.integer(6)));
  },
  (bytes, random) => bytes.slice(0, offsetIn(bytes, random)),
  (bytes, random) => {
    const [a, b, c] = [0, 1, 2].map(() => offsetIn(bytes, random)).sort((x, y) => x - y) as [number, number, number];
    return joined(bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c));
  },
];

/** A run of one byte written over the content. */
export const overwriteRun: ByteEdit = (bytes, random) => {
  const offset = offsetIn(bytes, random);
  return Uint8Array.from(bytes).fill(pick(random, [0, 255, random.integer(256)]), offset, offset + random.integer(64));
};

/** A part written twice. */
export const duplicatePart: ByteEdit = (bytes, random) => {
  const offset = offsetIn(bytes, random);
  const end = Math.min(bytes.length, offset + random.integer(200));
  return joined(bytes.subarray(0, end), bytes.subarray(offset));
};

/** The beginning of the content and the end of another file. */
export const splice = (bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array =>
  joined(bytes.subarray(0, offsetIn(bytes, random)), other.subarray(offsetIn(other, random)));

/** A number in a file. */
export interface NumberField {
  readonly offset: number;
  /** Number of bytes, 1 to 4. */
  readonly size: number;
  readonly littleEndian: boolean;
}

/** Sizes at the limits of their types, or that would need much memory. */
const SIZES = [0, 1, 2, 255, 2 ** 14, 16_000, 32_767, 65_535, 2 ** 20, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

/** The content with one number field set to an extreme value. */
export function extremeField(bytes: Uint8Array, fields: readonly NumberField[], random: Random): Uint8Array {
  const field = pick(random, fields);
  if (!field || field.offset < 0 || field.offset + field.size > bytes.length) return bytes;
  const copy = Buffer.from(bytes);
  const value = pick(random, SIZES) % 2 ** (8 * field.size);
  if (field.littleEndian) copy.writeUIntLE(value, field.offset, field.size);
  else copy.writeUIntBE(value, field.offset, field.size);
  return new Uint8Array(copy);
}

/** A field somewhere in the content, more often near its beginning. */
export const anyField = (bytes: Uint8Array, random: Random): NumberField => ({
  offset: random.integer(Math.max(1, pick(random, [Math.min(64, bytes.length), bytes.length]) - 4)),
  size: pick(random, [2, 4]),
  littleEndian: random.uniform() < 0.5,
});
