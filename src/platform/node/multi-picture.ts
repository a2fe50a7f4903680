import { UserError } from "../../errors.js";
import { isFrameMarker } from "../../images/jpeg-marker.js";
import { headerSegments, isJpeg } from "./jpeg.js";
import { tiffDirectories } from "./tiff.js";

/* Multi-picture JPEGs (CIPA DC-007): images one after the other, with an index in the first one. */

const APP2 = 0xe2;
const HEADER = "MPF\0";
/** Tags of the number of images and of the index. */
const [NUMBER, ENTRIES] = [0xb001, 0xb002];
/** Bytes of an entry: attributes, size and offset of an image, and two links. */
const ENTRY_SIZE = 16;
/** In the attributes of an entry: the type, of which 1 in the highest byte is a large thumbnail. */
const [TYPE_SHIFT, THUMBNAIL] = [16, 1];

/** What marks an image as one that belongs to another, for displays of a high dynamic range. */
const GAIN_MAP = /hdrgm|hdrgainmap/i;

/**
 * Checks that a JPEG holds one image. Previews, gain maps and other images of another size belong to it.
 * @throws UserError when it holds further images of the same size, such as a stereoscopic pair.
 */
export function requireSinglePicture(content: Buffer): void {
  const first = headerOf(content);
  const others = picturesAfter(content).filter((picture) => {
    const header = headerOf(picture);
    return header.size === first.size && !GAIN_MAP.test(header.text);
  });
  if (others.length > 0) throw new UserError(`it has ${others.length + 1} images; expected a single image`);
}

/** Whether a JPEG has a gain map, which displays of a high dynamic range apply to it. */
export const hasGainMap = (content: Buffer): boolean =>
  picturesAfter(content).some((picture) => GAIN_MAP.test(headerOf(picture).text));

/** The images after the first one, without its thumbnails. */
function picturesAfter(content: Buffer): Buffer[] {
  const start = indexOf(content);
  const index = start === undefined ? undefined : content.subarray(start);
  const directory = index && tiffDirectories(index)[0];
  const [entries, count] = [directory?.offsetOf(ENTRIES), directory?.number(NUMBER) ?? 0];
  if (!index || entries === undefined) return [];
  const word = (at: number) => (index[0] === 0x49 ? index.readUInt32LE(at) : index.readUInt32BE(at));
  const pictures: Buffer[] = [];
  for (let i = 1; i < count && entries + (i + 1) * ENTRY_SIZE <= index.length; i++) {
    const entry = entries + i * ENTRY_SIZE;
    const picture = index.subarray(word(entry + 8));
    if (((word(entry) >> TYPE_SHIFT) & 0xff) !== THUMBNAIL && isJpeg(picture)) pictures.push(picture);
  }
  return pictures;
}

/** Where the index begins, to which its offsets refer. */
function indexOf(content: Buffer): number | undefined {
  const segment = headerSegments(content).find(
    ({ marker, data }) => marker === APP2 && data.toString("latin1", 0, HEADER.length) === HEADER,
  );
  return segment && segment.data.byteOffset - content.byteOffset + HEADER.length;
}

/** The size of a JPEG and the text of its application segments. */
function headerOf(content: Buffer): { readonly size: string; readonly text: string } {
  let [size, text] = ["", ""];
  for (const { marker, data } of headerSegments(content)) {
    if (isFrameMarker(marker) && data.length > 5) size = `${data.readUInt16BE(3)}x${data.readUInt16BE(1)}`;
    if (marker > 0xe0 && marker <= 0xef) text += data.toString("latin1", 0, 4096);
  }
  return { size, text };
}
