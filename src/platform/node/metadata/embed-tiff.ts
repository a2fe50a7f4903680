import { setResolution } from "../resolution.js";
import { type RawEntry, tiffDirectories } from "../tiff.js";
import type { Embedded } from "./embedded.js";
import type { ExifDirectory } from "./exif.js";
import { Layout, swapped } from "./exif-writer.js";

const [XMP, IPTC, PHOTOSHOP, PROFILE] = [700, 33723, 34377, 34675];
/** Types of values. */
const [BYTE, UNDEFINED] = [1, 7];

/**
 * Adds tags to the only directory of a classic TIFF file: it is written again behind the image data, and its offset in the
 * header is replaced. Reference: TIFF 6.0, section 2.
 */
export function embedInTiff(encoded: Buffer, { resolution, profile, exif, xmp, iptc }: Embedded): Buffer {
  setResolution(encoded, resolution);
  const directory = tiffDirectories(encoded)[0];
  if (!directory || !(profile || exif || iptc || xmp !== undefined)) return encoded;
  const littleEndian = encoded[0] === 0x49;
  const added = exif && (exif.littleEndian === littleEndian ? exif.root : swapped(exif.root));
  const own = new Map<number, RawEntry>();
  for (const tag of directory.tags) {
    const entry = directory.raw(tag);
    if (entry) own.set(tag, entry);
  }
  const blob = (tag: number, type: number, data: Buffer | undefined) => {
    if (data && data.length > 0) own.set(tag, { type, count: data.length, data });
  };
  blob(XMP, BYTE, xmp === undefined ? undefined : Buffer.from(xmp));
  blob(IPTC, UNDEFINED, iptc?.records);
  blob(PHOTOSHOP, BYTE, iptc?.resources);
  blob(PROFILE, UNDEFINED, profile);
  const root: ExifDirectory = {
    entries: new Map([...(added?.entries ?? []), ...own]),
    children: added?.children ?? new Map(),
  };
  const start = encoded.length + (encoded.length % 2);
  const layout = new Layout(start);
  const at = layout.directory(root, littleEndian);
  if (littleEndian) encoded.writeUInt32LE(at, 4);
  else encoded.writeUInt32BE(at, 4);
  return Buffer.concat([encoded, Buffer.alloc(encoded.length % 2), layout.bytes()]);
}
