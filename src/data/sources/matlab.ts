import { inflateSync } from "node:zlib";

/* MAT-files of version 5, limited to structures of strings and numbers (MathWorks, "MAT-File Format", chapter 1). */

/** A structure array: the values of all elements, by field name. */
export type MatlabStruct = ReadonlyMap<string, readonly (string | number)[]>;

/** The most bytes of a MAT-file, and of its inflated content in total; class lists have far fewer. */
export const LARGEST_MATLAB = 2 ** 24;

const HEADER = 128;
/** Data element types. */
const [COMPRESSED, MATRIX] = [15, 14];
/** Array classes; those from DOUBLE on are numeric. */
const [STRUCT, CHAR, DOUBLE] = [2, 4, 6];

interface Element {
  readonly type: number;
  readonly data: Buffer;
  /** Offset of the next element. */
  readonly end: number;
}

/**
 * Reads the first structure array of a little-endian MAT-file. An array of numbers is reduced to its first number; a value
 * that is neither a number nor a string is read as "".
 * @throws RangeError when the file is truncated, inflates to more than 16 MiB, or contains no structure.
 */
export function readMatlabStruct(file: Buffer): MatlabStruct {
  let left = LARGEST_MATLAB;
  for (let offset = HEADER; offset < file.length; ) {
    const element = elementAt(file, offset);
    const content = element.type === COMPRESSED ? inflated(element.data, left) : undefined;
    left -= content?.length ?? 0;
    const { type, data } = content ? elementAt(content, 0) : element;
    if (type === MATRIX && arrayOf(data).kind === STRUCT) return structOf(data);
    offset = element.end;
  }
  throw new RangeError("it contains no structure");
}

/** @throws RangeError when the content has more than `limit` bytes; it is not inflated further. */
function inflated(data: Buffer, limit: number): Buffer {
  try {
    return inflateSync(data, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`it inflates to more than ${LARGEST_MATLAB} bytes`);
    throw error;
  }
}

function elementAt(bytes: Buffer, offset: number): Element {
  const word = bytes.readUInt32LE(offset);
  // In the small format, up to four data bytes are stored inside the 8-byte tag.
  if (word >>> 16) return { type: word & 0xffff, data: sliceOf(bytes, offset + 4, word >>> 16), end: offset + 8 };
  const size = bytes.readUInt32LE(offset + 4);
  const padding = word === COMPRESSED ? 0 : (8 - (size % 8)) % 8;
  return { type: word, data: sliceOf(bytes, offset + 8, size), end: offset + 8 + size + padding };
}

function sliceOf(bytes: Buffer, start: number, size: number): Buffer {
  if (start + size > bytes.length) throw new RangeError("it is truncated");
  return bytes.subarray(start, start + size);
}

/** An array's class and number of elements, and the `offset` of its content. */
function arrayOf(matrix: Buffer) {
  const flags = elementAt(matrix, 0);
  const dimensions = elementAt(matrix, flags.end);
  const name = elementAt(matrix, dimensions.end);
  const count = numbersOf(dimensions).reduce((product, size) => product * size, 1);
  return { kind: flags.data.readUInt32LE(0) & 0xff, count, offset: name.end };
}

function structOf(matrix: Buffer): MatlabStruct {
  const { count, offset } = arrayOf(matrix);
  const width = elementAt(matrix, offset);
  const names = elementAt(matrix, width.end);
  const text = names.data.toString("latin1");
  const each = numbersOf(width)[0] ?? 0;
  if (each < 1) throw new RangeError("its field names have no length");
  const fields = Array.from({ length: text.length / each }, (_, i) => text.slice(i * each, (i + 1) * each));
  const values = fields.map((): (string | number)[] => []);
  let next = names.end;
  for (let i = 0; i < count * fields.length; i++) {
    const { data, end } = elementAt(matrix, next);
    values[i % fields.length]?.push(contentOf(data));
    next = end;
  }
  return new Map(fields.map((field, i) => [field.replace(/\0.*/s, ""), values[i] as (string | number)[]]));
}

function contentOf(matrix: Buffer): string | number {
  if (matrix.length === 0) return "";
  const { kind, count, offset } = arrayOf(matrix);
  if (count === 0 || (kind !== CHAR && kind < DOUBLE)) return "";
  const content = elementAt(matrix, offset);
  if (kind !== CHAR) return numbersOf(content)[0] as number;
  const UTF8 = 16;
  return content.type === UTF8
    ? content.data.toString("utf8")
    : numbersOf(content).reduce((text, code) => text + String.fromCharCode(code), "");
}

/** The size in bytes of a number of each data type, and the function that reads it. */
const readers: Readonly<Record<number, readonly [size: number, read: (data: Buffer, offset: number) => number]>> = {
  1: [1, (data, offset) => data.readInt8(offset)],
  2: [1, (data, offset) => data.readUInt8(offset)],
  3: [2, (data, offset) => data.readInt16LE(offset)],
  4: [2, (data, offset) => data.readUInt16LE(offset)],
  5: [4, (data, offset) => data.readInt32LE(offset)],
  6: [4, (data, offset) => data.readUInt32LE(offset)],
  7: [4, (data, offset) => data.readFloatLE(offset)],
  9: [8, (data, offset) => data.readDoubleLE(offset)],
  12: [8, (data, offset) => Number(data.readBigInt64LE(offset))],
  13: [8, (data, offset) => Number(data.readBigUInt64LE(offset))],
};

function numbersOf({ type, data }: Element): number[] {
  const [size, read] = readers[type] ?? [];
  if (!size || !read) throw new RangeError(`it contains the unknown data type ${type}`);
  return Array.from({ length: Math.floor(data.length / size) }, (_, i) => read(data, i * size));
}
