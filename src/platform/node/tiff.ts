/** An entry of a TIFF directory. */
interface Entry {
  /** A key of `TYPE_SIZES`, if it is known. */
  readonly type: number;
  readonly count: number;
  /** Where its values begin in the file. */
  readonly offset: number;
}

/** A directory of a TIFF file or of an EXIF block: tags with their values. */
export class TiffDirectory {
  constructor(
    private readonly content: Buffer,
    private readonly littleEndian: boolean,
    private readonly entries: ReadonlyMap<number, Entry>,
  ) {}

  get tags(): number[] {
    return [...this.entries.keys()];
  }

  /** Type, count and stored bytes of a tag; undefined if it is absent, of an unknown type or not within the content. */
  raw(tag: number): RawEntry | undefined {
    const entry = this.entries.get(tag);
    const size = entry && TYPE_SIZES[entry.type];
    if (!entry || !size || entry.offset + size * entry.count > this.content.length) return undefined;
    const data = this.content.subarray(entry.offset, entry.offset + size * entry.count);
    return { type: entry.type, count: entry.count, data };
  }

  /** The values of a numeric tag; undefined if it is absent or of another type. */
  numbers(tag: number): number[] | undefined {
    const entry = this.entries.get(tag);
    const size = entry && NUMERIC.includes(entry.type) && TYPE_SIZES[entry.type];
    if (!entry || !size || entry.offset + size * entry.count > this.content.length) return undefined;
    return Array.from({ length: Math.min(entry.count, MAX_VALUES) }, (_, i) =>
      this.value(entry.type, entry.offset + i * size),
    );
  }

  /** The first value of a numeric tag. */
  number(tag: number): number | undefined {
    return this.numbers(tag)?.[0];
  }

  /** A text, at most its first 4 KiB; "" if the tag is absent. */
  text(tag: number): string {
    const { offset = 0, count = 0 } = this.entries.get(tag) ?? {};
    return this.content.toString("latin1", offset, offset + Math.min(count, MAX_TEXT));
  }

  /** The directories that a tag points to, such as the EXIF directory. */
  directories(tag: number): TiffDirectory[] {
    return (this.numbers(tag) ?? []).flatMap((offset) => directoryAt(this.content, offset)?.directory ?? []);
  }

  /** Where the values of a tag begin in the file. */
  offsetOf(tag: number): number | undefined {
    return this.entries.get(tag)?.offset;
  }

  private value(type: number, offset: number): number {
    const { content, littleEndian } = this;
    if (type === 5) return uint(content, offset, 4, littleEndian) / uint(content, offset + 4, 4, littleEndian);
    return uint(content, offset, TYPE_SIZES[type] as number, littleEndian);
  }
}

/** A tag with its values as they are stored. */
export interface RawEntry {
  /** A key of `TYPE_SIZES`. */
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

/** Enough for the tags of an image; the offsets of strips can be millions. */
const MAX_VALUES = 64;
const MAX_TEXT = 4096;
/** Enough for any directory that a program writes. */
const MAX_DIRECTORIES = 10_000;

/**
 * Bytes of a value by its type. 1: byte, 2: text, 3: uint16, 4: uint32, 5: fraction, 6: int8, 7: undefined, 8: int16, 9: int32,
 * 10: signed fraction, 11: float, 12: double, 13: directory, 16: uint64, 17: int64, 18: directory of BigTIFF, 129: UTF-8.
 */
export const TYPE_SIZES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
  129: 1,
};
/** Types of unsigned numbers. */
const NUMERIC = [1, 3, 4, 5, 13, 16, 18];

const uint = (content: Buffer, offset: number, size: number, littleEndian: boolean): number => {
  if (size === 8) return Number(littleEndian ? content.readBigUInt64LE(offset) : content.readBigUInt64BE(offset));
  return littleEndian ? content.readUIntLE(offset, size) : content.readUIntBE(offset, size);
};

/** Whether the content begins as TIFF or BigTIFF does. */
export const isTiff = (content: Buffer): boolean =>
  ["II*\0", "MM\0*", "II+\0", "MM\0+"].includes(content.toString("latin1", 0, 4));

/**
 * The chained directories of a TIFF file, one for each page, or of an EXIF block without its "Exif" header. Damaged ones end
 * the list. Reference: TIFF 6.0, section 2; the BigTIFF proposal of libtiff.
 */
export function tiffDirectories(content: Buffer): TiffDirectory[] {
  if (!isTiff(content) || content.length < 16) return [];
  const littleEndian = content[0] === 0x49;
  const seen = new Set<number>();
  const directories: TiffDirectory[] = [];
  let offset = isBig(content) ? uint(content, 8, 8, littleEndian) : uint(content, 4, 4, littleEndian);
  while (offset !== 0 && !seen.has(offset) && seen.size < MAX_DIRECTORIES) {
    seen.add(offset);
    const found = directoryAt(content, offset);
    if (!found) break;
    directories.push(found.directory);
    offset = found.next;
  }
  return directories;
}

const isBig = (content: Buffer): boolean => content[2] === 0x2b || content[3] === 0x2b;

/** The directory at an offset, and the offset of the next one; undefined if it is not within the content. */
function directoryAt(content: Buffer, offset: number): { directory: TiffDirectory; next: number } | undefined {
  const littleEndian = content[0] === 0x49;
  const [countSize, entrySize, wordSize] = isBig(content) ? [8, 20, 8] : [2, 12, 4];
  if (offset + countSize > content.length) return undefined;
  const count = uint(content, offset, countSize, littleEndian);
  const end = offset + countSize + count * entrySize;
  if (end + wordSize > content.length) return undefined;
  const entries = new Map<number, Entry>();
  for (let at = offset + countSize; at < end; at += entrySize) {
    const type = uint(content, at + 2, 2, littleEndian);
    const values = uint(content, at + 4, wordSize, littleEndian);
    const inline = at + 4 + wordSize;
    const bytes = (TYPE_SIZES[type] ?? 1) * values;
    const position = bytes <= wordSize ? inline : uint(content, inline, wordSize, littleEndian);
    entries.set(uint(content, at, 2, littleEndian), { type, count: values, offset: position });
  }
  const directory = new TiffDirectory(content, littleEndian, entries);
  return { directory, next: uint(content, end, wordSize, littleEndian) };
}

/** Tags that decide how a page is decoded. */
export const TAG = {
  newSubfileType: 254,
  subfileType: 255,
  bitsPerSample: 258,
  photometric: 262,
  description: 270,
  samplesPerPixel: 277,
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  extraSamples: 338,
  sampleFormat: 339,
  imageDepth: 32997,
  exif: 34665,
} as const;
