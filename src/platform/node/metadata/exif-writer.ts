import type { RawEntry } from "../tiff.js";
import { TAG, TYPE_SIZES } from "../tiff.js";
import { EXIF_TAG, type Exif, type ExifDirectory } from "./exif.js";

/** Bytes of the header of a block before its main directory. */
const HEADER = 8;

/**
 * The bytes of an EXIF block, without the "Exif" header. The maker note remains where it was, so that the offsets in it stay
 * right; bytes before it are unused if there is less to write than there was.
 */
export function writeExif(exif: Exif): Buffer {
  const { littleEndian, root, makerNoteAt } = exif;
  const note = root.children.get(TAG.exif)?.entries.get(EXIF_TAG.makerNote);
  const pinned = note && makerNoteAt !== undefined && makerNoteAt >= HEADER ? makerNoteAt : undefined;
  const layout = new Layout(HEADER, pinned === undefined ? undefined : { at: pinned, length: note?.data.length ?? 0 });
  layout.directory(root, littleEndian);
  const header = Buffer.from(littleEndian ? "II*\0\x08\0\0\0" : "MM\0*\0\0\0\x08", "latin1");
  return Buffer.concat([header, layout.bytes()]);
}

/** An EXIF block without its maker note. */
export function withoutMakerNote(exif: Exif): Exif {
  const child = exif.root.children.get(TAG.exif);
  if (!child) return exif;
  const entries = new Map([...child.entries].filter(([tag]) => tag !== EXIF_TAG.makerNote));
  const children = new Map(exif.root.children).set(TAG.exif, { ...child, entries });
  return { ...exif, root: { ...exif.root, children } };
}

/** A span of a block. */
interface Span {
  readonly at: number;
  readonly length: number;
}

/** Places directories and values one after the other, around a span that is reserved for the maker note. */
export class Layout {
  private readonly parts: { readonly at: number; readonly data: Buffer }[] = [];
  private end: number;

  /** @param start the offset of the first byte in the block or file. */
  constructor(
    private readonly start: number,
    private readonly reserved?: Span,
  ) {
    this.end = start;
  }

  /** Adds a directory with its values and children. @returns its offset. */
  directory({ entries, children }: ExifDirectory, littleEndian: boolean): number {
    const tags = [...entries.keys(), ...children.keys()].sort((a, b) => a - b);
    const table = Buffer.alloc(2 + 12 * tags.length + 4);
    const at = this.add(table);
    const write = (value: number, offset: number, bytes: 2 | 4) =>
      littleEndian ? table.writeUIntLE(value, offset, bytes) : table.writeUIntBE(value, offset, bytes);
    write(tags.length, 0, 2);
    for (const [i, tag] of tags.entries()) {
      const field = 2 + 12 * i;
      const child = children.get(tag);
      const { type, count, data } = child ? { type: 4, count: 1, data: undefined } : (entries.get(tag) as RawEntry);
      write(tag, field, 2);
      write(type, field + 2, 2);
      write(count, field + 4, 4);
      if (child) write(this.directory(child, littleEndian), field + 8, 4);
      else if (data && data.length <= 4) data.copy(table, field + 8);
      else if (data) write(tag === EXIF_TAG.makerNote ? this.addReserved(data) : this.add(data), field + 8, 4);
    }
    return at;
  }

  /** Adds bytes at the next free even offset. @returns it. */
  private add(data: Buffer): number {
    let at = this.end + (this.end % 2);
    const { reserved } = this;
    if (reserved && at < reserved.at + reserved.length && at + data.length > reserved.at) {
      at = reserved.at + reserved.length;
      at += at % 2;
    }
    this.parts.push({ at, data });
    this.end = at + data.length;
    return at;
  }

  private addReserved(data: Buffer): number {
    if (!this.reserved) return this.add(data);
    this.parts.push({ at: this.reserved.at, data });
    return this.reserved.at;
  }

  /** From the first byte to the last. */
  bytes(): Buffer {
    const size = Math.max(this.start, ...this.parts.map(({ at, data }) => at + data.length)) - this.start;
    const result = Buffer.alloc(size);
    for (const { at, data } of this.parts) data.copy(result, at - this.start);
    return result;
  }
}

/** The directory in the other byte order. Values of undefined types are left as they are. */
export function swapped({ entries, children }: ExifDirectory): ExifDirectory {
  return {
    entries: new Map([...entries].map(([tag, entry]) => [tag, { ...entry, data: swappedValues(entry) }])),
    children: new Map([...children].map(([tag, child]) => [tag, swapped(child)])),
  };
}

function swappedValues({ type, data }: RawEntry): Buffer {
  const size = type === 5 || type === 10 ? 4 : (TYPE_SIZES[type] ?? 1);
  const copy = Buffer.from(data);
  if (size === 2) return copy.swap16();
  if (size === 4) return copy.swap32();
  return size === 8 ? copy.swap64() : copy;
}
