import { inflateSync } from "node:zlib";

/* MAT-files of version 5, as far as structures of texts and numbers go (MathWorks, "MAT-File Format", chapter 1). */

/** A structure array: for each field, the values of its elements. */
export type MatlabStruct = ReadonlyMap<string, readonly (string | number)[]>;

const HEADER = 128;
/** Types of data elements. */
const [COMPRESSED, MATRIX] = [15, 14];
/** Classes of arrays; those from DOUBLE on are numbers. */
const [STRUCT, CHAR, DOUBLE] = [2, 4, 6];

interface Element {
  readonly type: number;
  readonly data: Buffer;
  /** Where the next element begins. */
  readonly end: number;
}

/**
 * The first structure array of a MAT-file, little-endian. Of a number or text it takes what there is, of an array of
 * numbers the first one; what else a field may hold comes as "".
 * @throws RangeError when the file is cut off or holds no structure.
 */
export function readMatlabStruct(file: Buffer): MatlabStruct {
  for (let at = HEADER; at < file.length; ) {
    const element = elementAt(file, at);
    const { type, data } = element.type === COMPRESSED ? elementAt(inflateSync(element.data), 0) : element;
    if (type === MATRIX && arrayOf(data).kind === STRUCT) return structOf(data);
    at = element.end;
  }
  throw new RangeError("there is no structure in it");
}

function elementAt(bytes: Buffer, at: number): Element {
  const word = bytes.readUInt32LE(at);
  // Up to four bytes may share the eight of the tag.
  if (word >>> 16) return { type: word & 0xffff, data: sliceOf(bytes, at + 4, word >>> 16), end: at + 8 };
  const size = bytes.readUInt32LE(at + 4);
  const padding = word === COMPRESSED ? 0 : (8 - (size % 8)) % 8;
  return { type: word, data: sliceOf(bytes, at + 8, size), end: at + 8 + size + padding };
}

function sliceOf(bytes: Buffer, start: number, size: number): Buffer {
  if (start + size > bytes.length) throw new RangeError("it is cut off");
  return bytes.subarray(start, start + size);
}

/** What an array is and how many elements it has; its content begins at `at`. */
function arrayOf(matrix: Buffer) {
  const flags = elementAt(matrix, 0);
  const dimensions = elementAt(matrix, flags.end);
  const name = elementAt(matrix, dimensions.end);
  const count = numbersOf(dimensions).reduce((product, size) => product * size, 1);
  return { kind: flags.data.readUInt32LE(0) & 0xff, count, at: name.end };
}

function structOf(matrix: Buffer): MatlabStruct {
  const { count, at } = arrayOf(matrix);
  const width = elementAt(matrix, at);
  const names = elementAt(matrix, width.end);
  const text = names.data.toString("latin1");
  const each = numbersOf(width)[0] as number;
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
  const { kind, count, at } = arrayOf(matrix);
  if (count === 0 || (kind !== CHAR && kind < DOUBLE)) return "";
  const content = elementAt(matrix, at);
  if (kind !== CHAR) return numbersOf(content)[0] as number;
  const UTF8 = 16;
  return content.type === UTF8 ? content.data.toString("utf8") : String.fromCharCode(...numbersOf(content));
}

/** The bytes of a number of each type, and how it is read. */
const readers: Readonly<Record<number, readonly [size: number, read: (data: Buffer, at: number) => number]>> = {
  1: [1, (data, at) => data.readInt8(at)],
  2: [1, (data, at) => data.readUInt8(at)],
  3: [2, (data, at) => data.readInt16LE(at)],
  4: [2, (data, at) => data.readUInt16LE(at)],
  5: [4, (data, at) => data.readInt32LE(at)],
  6: [4, (data, at) => data.readUInt32LE(at)],
  7: [4, (data, at) => data.readFloatLE(at)],
  9: [8, (data, at) => data.readDoubleLE(at)],
  12: [8, (data, at) => Number(data.readBigInt64LE(at))],
  13: [8, (data, at) => Number(data.readBigUInt64LE(at))],
};

function numbersOf({ type, data }: Element): number[] {
  const [size, read] = readers[type] ?? [];
  if (!size || !read) throw new RangeError(`its data are of the unknown type ${type}`);
  return Array.from({ length: Math.floor(data.length / size) }, (_, i) => read(data, i * size));
}
