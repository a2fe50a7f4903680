import { type RawEntry, TAG, type TiffDirectory, tiffDirectories } from "../tiff.js";

/** A directory of an EXIF block: its tags, and the directories that some of them point to. */
export interface ExifDirectory {
  readonly entries: ReadonlyMap<number, RawEntry>;
  readonly children: ReadonlyMap<number, ExifDirectory>;
}

/** An EXIF block, without its thumbnail. */
export interface Exif {
  readonly littleEndian: boolean;
  readonly root: ExifDirectory;
  /** Where the maker note begins in the block. Many contain offsets from the beginning of the block. */
  readonly makerNoteAt: number | undefined;
  /** Whether every tag could be read. */
  readonly isWhole: boolean;
}

export const EXIF_TAG = {
  ...{ imageWidth: 256, imageHeight: 257, orientation: 274, gps: 34853, makerNote: 37500, subjectArea: 37396 },
  ...{ colorSpace: 40961, pixelWidth: 40962, pixelHeight: 40963, interoperability: 40965, subjectLocation: 41492 },
  ...{ relatedWidth: 4097, relatedHeight: 4098 },
} as const;

/** The tags that point to directories, by level. Others, which point to reduced images and raw data, are not kept. */
const CHILDREN: readonly (readonly number[])[] = [[TAG.exif, EXIF_TAG.gps], [EXIF_TAG.interoperability]];

/**
 * Tags of the main directory that describe how pixels are stored, or that hold other metadata or images: those of TIFF 6.0
 * from 254 on, and XMP, IPTC, Photoshop, color profiles. The size, orientation and resolution of an image are not among them.
 */
const isStructural = (tag: number): boolean =>
  (tag >= 254 && tag <= 266 && tag !== EXIF_TAG.imageWidth && tag !== EXIF_TAG.imageHeight) ||
  (tag >= 273 && tag <= 281 && tag !== EXIF_TAG.orientation) ||
  (tag >= 284 && tag <= 292 && tag !== 285) ||
  (tag >= 317 && tag <= 530 && tag !== 318 && tag !== 319) ||
  [33723, 34377, 34675, 37724, 700].includes(tag);

/** Tags of a TIFF page that describe the image: from DocumentName to Copyright, ratings, and what Windows adds. */
const DESCRIPTIVE: readonly number[] = [
  ...[EXIF_TAG.orientation, TAG.xResolution, TAG.yResolution, TAG.resolutionUnit],
  ...[269, 270, 271, 272, 285, 305, 306, 315, 316, 18246, 18249, 33432, 40091, 40092, 40093, 40094, 40095],
  ...[TAG.exif, EXIF_TAG.gps],
];

/**
 * Reads an EXIF block without its "Exif" header. Undefined if it is damaged.
 * Reference: CIPA DC-008 (Exif 2.32), section 4.
 */
export function readExif(block: Buffer): Exif | undefined {
  const directory = tiffDirectories(block)[0];
  return directory && exifOf(block, directory, (tag) => !isStructural(tag));
}

/** Reads the descriptive tags of a page of a TIFF file, as an EXIF block. */
export const readTiffTags = (content: Buffer, page: TiffDirectory): Exif => ({
  ...exifOf(content, page, (tag) => DESCRIPTIVE.includes(tag)),
  makerNoteAt: undefined,
});

function exifOf(block: Buffer, directory: TiffDirectory, isKept: (tag: number) => boolean): Exif {
  const root = readDirectory(directory, isKept, 0);
  return {
    littleEndian: block[0] === 0x49,
    root: root.directory,
    makerNoteAt: directory.directories(TAG.exif)[0]?.offsetOf(EXIF_TAG.makerNote),
    isWhole: root.isWhole,
  };
}

function readDirectory(
  source: TiffDirectory,
  isKept: (tag: number) => boolean,
  level: number,
): { directory: ExifDirectory; isWhole: boolean } {
  const entries = new Map<number, RawEntry>();
  const children = new Map<number, ExifDirectory>();
  let isWhole = true;
  for (const tag of source.tags.filter(isKept)) {
    if (CHILDREN[level]?.includes(tag)) {
      const child = source.directories(tag)[0];
      const read = child && readDirectory(child, () => true, level + 1);
      if (read) children.set(tag, read.directory);
      isWhole &&= read?.isWhole === true;
    } else {
      const entry = source.raw(tag);
      if (entry && !isPointer(entry)) entries.set(tag, entry);
      isWhole &&= entry !== undefined;
    }
  }
  return { directory: { entries, children }, isWhole };
}

/** Whether a value is the offset of a directory, or of a type that only BigTIFF has. */
const isPointer = ({ type }: RawEntry): boolean => [13, 16, 17, 18].includes(type);

/** What has changed between the image that an EXIF block was written for and the one that gets it. */
export interface ImageChange {
  /** The size of the upright result in pixels. */
  readonly width: number;
  readonly height: number;
  /** The EXIF orientation of the input, 1 to 8. The result is upright. */
  readonly orientation: number;
  readonly scale: number;
  /** Whether the pixels were converted to sRGB. */
  readonly isConverted: boolean;
}

/** The block with the size, the orientation and the positions of the result. Tags that it lacks are not added. */
export function corrected(exif: Exif, change: ImageChange): Exif {
  const { width, height, isConverted } = change;
  const whole = (value: number): RawEntry => long(value, exif.littleEndian);
  const onItsSide = change.orientation >= 5;
  const replaced = new Map<number, (entry: RawEntry) => RawEntry | undefined>([
    [EXIF_TAG.orientation, () => short(1, exif.littleEndian)],
    ...[EXIF_TAG.imageWidth, EXIF_TAG.pixelWidth, EXIF_TAG.relatedWidth].map(
      (tag) => [tag, () => whole(width)] as const,
    ),
    ...[EXIF_TAG.imageHeight, EXIF_TAG.pixelHeight, EXIF_TAG.relatedHeight].map(
      (tag) => [tag, () => whole(height)] as const,
    ),
    [EXIF_TAG.colorSpace, (entry) => (isConverted ? short(SRGB, exif.littleEndian) : entry)],
    [EXIF_TAG.subjectArea, (entry) => moved(entry, exif.littleEndian, change)],
    [EXIF_TAG.subjectLocation, (entry) => moved(entry, exif.littleEndian, change)],
  ]);
  const correct = ({ entries, children }: ExifDirectory): ExifDirectory => {
    const result = new Map<number, RawEntry>();
    for (const [tag, entry] of entries) {
      const value = replaced.has(tag) ? replaced.get(tag)?.(entry) : entry;
      if (value) result.set(tag, value);
    }
    const [x, y] = [entries.get(TAG.xResolution), entries.get(TAG.yResolution)];
    if (onItsSide && x && y) result.set(TAG.xResolution, y).set(TAG.yResolution, x);
    return { entries: result, children: new Map([...children].map(([tag, child]) => [tag, correct(child)])) };
  };
  return { ...exif, root: correct(exif.root) };
}

/** A value of ColorSpace. */
const SRGB = 1;

const short = (value: number, littleEndian: boolean): RawEntry => shorts([value], littleEndian);

/** Values of 16 bits. */
function shorts(values: readonly number[], littleEndian: boolean): RawEntry {
  const data = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries())
    if (littleEndian) data.writeUInt16LE(value, 2 * i);
    else data.writeUInt16BE(value, 2 * i);
  return { type: 3, count: values.length, data };
}

/** A value of 32 bits, which libtiff expects for sizes. */
function long(value: number, littleEndian: boolean): RawEntry {
  const data = Buffer.alloc(4);
  if (littleEndian) data.writeUInt32LE(value);
  else data.writeUInt32BE(value);
  return { type: 4, count: 1, data };
}

/** A point, circle or rectangle of SubjectArea in pixels of the result; undefined if 16 bits cannot hold it. */
function moved({ type, data }: RawEntry, littleEndian: boolean, change: ImageChange): RawEntry | undefined {
  const { width, height, orientation, scale } = change;
  if (type !== 3) return undefined;
  const values = Array.from({ length: data.length / 2 }, (_, i) =>
    littleEndian ? data.readUInt16LE(2 * i) : data.readUInt16BE(2 * i),
  );
  const [x = 0, y = 0, ...extent] = values.map((value) => value * scale);
  const onItsSide = orientation >= 5;
  const [left, top] = upright(orientation, [x, y], onItsSide ? [height, width] : [width, height]);
  const result = [left, top, ...(onItsSide ? extent.reverse() : extent)]; // a diameter, or width and height
  return result.every((value) => value >= 0 && value < 65536) ? shorts(result, littleEndian) : undefined;
}

type Pair = readonly [x: number, y: number];

/** Where a point of a stored image of a size is when its orientation, 1 to 8, is normalized. */
export function upright(orientation: number, [x, y]: Pair, [w, h]: Pair): Pair {
  const places: readonly Pair[] = [
    ...([
      [x, y],
      [w - x, y],
      [w - x, h - y],
      [x, h - y],
    ] as const),
    ...([
      [y, x],
      [h - y, x],
      [h - y, w - x],
      [y, w - x],
    ] as const),
  ];
  return places[orientation - 1] ?? [x, y];
}
