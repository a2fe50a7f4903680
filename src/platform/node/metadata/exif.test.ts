import assert from "node:assert/strict";
import { test } from "node:test";
import { TAG } from "../tiff.js";
import { corrected, EXIF_TAG, type Exif, readExif } from "./exif.js";
import { swapped, withoutMakerNote, writeExif } from "./exif-writer.js";

const [MAKE, USER_COMMENT] = [271, 37510];

interface Value {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

/** Lays out a directory by hand: entries, then their values. Returns the bytes for an offset. */
function directory(values: readonly Value[], offset: number, big: boolean, next = 0): Buffer {
  const table = Buffer.alloc(2 + 12 * values.length + 4);
  const write = (value: number, at: number, bytes: 2 | 4) =>
    big ? table.writeUIntBE(value, at, bytes) : table.writeUIntLE(value, at, bytes);
  const parts: Buffer[] = [table];
  let end = offset + table.length;
  write(values.length, 0, 2);
  for (const [i, { tag, type, count, data }] of values.entries()) {
    write(tag, 2 + 12 * i, 2);
    write(type, 4 + 12 * i, 2);
    write(count, 6 + 12 * i, 4);
    if (data.length <= 4) data.copy(table, 10 + 12 * i);
    else {
      write(end, 10 + 12 * i, 4);
      parts.push(data);
      end += data.length;
    }
  }
  write(next, table.length - 4, 4);
  return Buffer.concat(parts);
}

const number = (tag: number, type: 3 | 4, value: number, big: boolean): Value => {
  const data = Buffer.alloc(type === 3 ? 2 : 4);
  if (big) data.writeUIntBE(value, 0, data.length);
  else data.writeUIntLE(value, 0, data.length);
  return { tag, type, count: 1, data };
};
const text = (tag: number, value: string): Value => ({
  tag,
  type: 2,
  count: value.length + 1,
  data: Buffer.from(`${value}\0`),
});

const NOTE = Buffer.from("maker note with offsets into the block");
const NOTE_AT = 400;

/** A block with a make, an orientation, a size, a maker note at byte 400, and a thumbnail directory. */
function block(big: boolean): Buffer {
  const result = Buffer.alloc(600);
  result.write(big ? "MM\0*\0\0\0\x08" : "II*\0\x08\0\0\0", "latin1");
  const root = [text(MAKE, "A camera maker"), number(EXIF_TAG.orientation, 3, 6, big), number(TAG.exif, 4, 100, big)];
  directory(root, 8, big, 480).copy(result, 8);
  const exif = [
    { tag: EXIF_TAG.makerNote, type: 7, count: NOTE.length, data: NOTE },
    {
      tag: EXIF_TAG.subjectArea,
      type: 3,
      count: 2,
      data: big ? Buffer.from([0, 10, 0, 4]) : Buffer.from([10, 0, 4, 0]),
    },
    number(EXIF_TAG.pixelWidth, 3, 48, big),
    number(EXIF_TAG.pixelHeight, 3, 32, big),
  ];
  const laid = directory(exif, 100, big);
  laid.copy(result, 100);
  // Moves the note to its place.
  const pointer = 100 + 2 + 8;
  if (big) result.writeUInt32BE(NOTE_AT, pointer);
  else result.writeUInt32LE(NOTE_AT, pointer);
  NOTE.copy(result, NOTE_AT);
  directory([number(513, 4, 520, big), number(514, 4, 40, big)], 480, big).copy(result, 480);
  result.write("THUMBNAIL", 520);
  return result;
}

const change = { width: 64, height: 96, orientation: 6, scale: 2, isConverted: false };
const read = (content: Buffer): Exif => {
  const exif = readExif(content);
  assert.ok(exif);
  return exif;
};
const exifOf = (exif: Exif) => exif.root.children.get(TAG.exif);

for (const big of [false, true]) {
  const order = big ? "big-endian" : "little-endian";
  test(`a corrected ${order} block has the new size and no thumbnail, and its maker note is where it was`, () => {
    const written = writeExif(corrected(read(block(big)), change));
    assert.deepEqual(written.subarray(NOTE_AT, NOTE_AT + NOTE.length), NOTE);
    assert.ok(!written.includes("THUMBNAIL"));
    const again = read(written);
    assert.equal(again.makerNoteAt, NOTE_AT);
    assert.equal(again.root.entries.get(MAKE)?.data.toString(), "A camera maker\0");
    const value = (tag: number) => exifOf(again)?.entries.get(tag)?.data as Buffer;
    const numberOf = (data: Buffer) => (big ? data.readUIntBE(0, data.length) : data.readUIntLE(0, data.length));
    assert.deepEqual([numberOf(value(EXIF_TAG.pixelWidth)), numberOf(value(EXIF_TAG.pixelHeight))], [64, 96]);
    assert.equal(numberOf(again.root.entries.get(EXIF_TAG.orientation)?.data as Buffer), 1);
  });

  test(`a ${order} block in the other byte order has the same values`, () => {
    const exif = read(block(big));
    const other = { ...exif, littleEndian: big, root: swapped(exif.root) };
    const again = read(writeExif(other));
    assert.equal(again.littleEndian, big);
    assert.deepEqual(swapped(again.root), exif.root);
  });
}

/** The corner (x, y) of a stored image of 40 x 20 pixels when it is shown upright. Reference: CIPA DC-008, table of Orientation. */
const CORNERS: readonly (readonly [orientation: number, x: number, y: number])[] = [
  ...([
    [1, 10, 4],
    [2, 30, 4],
    [3, 30, 16],
    [4, 10, 16],
  ] as const),
  ...([
    [5, 4, 10],
    [6, 16, 10],
    [7, 16, 30],
    [8, 4, 30],
  ] as const),
];

for (const [orientation, x, y] of CORNERS)
  test(`with orientation ${orientation} the subject at (10, 4) of 40 x 20 pixels moves to (${x}, ${y})`, () => {
    const [width, height] = orientation < 5 ? [40, 20] : [20, 40];
    const result = corrected(read(block(false)), { width, height, orientation, scale: 1, isConverted: false });
    const area = exifOf(result)?.entries.get(EXIF_TAG.subjectArea)?.data as Buffer;
    assert.deepEqual([area.readUInt16LE(0), area.readUInt16LE(2)], [x, y]);
  });

test("a block without its maker note has all other tags", () => {
  const exif = withoutMakerNote(read(block(false)));
  assert.deepEqual(
    [...(exifOf(exif)?.entries.keys() ?? [])],
    [EXIF_TAG.subjectArea, EXIF_TAG.pixelWidth, EXIF_TAG.pixelHeight],
  );
});

test("a directory that points to itself, and truncated and garbled blocks, are never a crash or an endless loop", () => {
  const whole = block(false);
  const own = Buffer.from(whole);
  own.writeUInt32LE(8, 8 + 2 + 2 * 12 + 8); // the EXIF directory is the main one
  read(own);
  for (let i = 0; i < whole.length; i++)
    for (const damaged of [
      whole.subarray(0, i),
      Buffer.from(whole.map((byte, at) => (at === i ? byte ^ 255 : byte))),
    ]) {
      const exif = readExif(damaged);
      if (exif) writeExif(corrected(exif, change));
    }
});

test("tags that cannot be read are left out, and the block is known not to be whole", () => {
  const damaged = block(false);
  damaged.writeUInt32LE(1e6, 8 + 2 + 8); // the make is beyond the end
  const exif = read(damaged);
  assert.deepEqual([exif.isWhole, exif.root.entries.has(MAKE)], [false, false]);
  assert.ok(!exif.root.entries.has(USER_COMMENT));
  assert.equal(read(block(false)).isWhole, true);
});
