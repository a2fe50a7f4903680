import { UserError } from "../../errors.js";

/** The longest side that libvips holds, in pixels. */
const LONGEST_SIDE = 10_000_000;

/**
 * Checks the sizes that a HEIF or AVIF file states. For larger ones GLib writes to standard error.
 * Reference: ISO/IEC 23008-12, section 6.5.3 (the property "ispe").
 * @throws UserError when a side is too long to be decoded.
 */
export function requireHeifSize(content: Buffer): void {
  if (content.toString("latin1", 4, 8) !== "ftyp") return;
  const meta = metaOf(content);
  for (let at = meta.indexOf("ispe"); at >= 0 && at + 16 <= meta.length; at = meta.indexOf("ispe", at + 1)) {
    const [width, height] = [meta.readUInt32BE(at + 8), meta.readUInt32BE(at + 12)];
    if (Math.max(width, height) > LONGEST_SIDE)
      throw new UserError(`its size is ${width}x${height}; expected at most ${LONGEST_SIDE} pixels a side`);
  }
}

/** The box of the metadata; empty if there is none. */
function metaOf(content: Buffer): Buffer {
  for (let start = 0; start + 8 <= content.length; ) {
    const size = content.readUInt32BE(start);
    const isMeta = content.toString("latin1", start + 4, start + 8) === "meta";
    // Sizes 0, "up to the end", and 1, "stated in 64 bits", are those of image data.
    if (isMeta) return content.subarray(start, size < 8 ? undefined : start + size);
    if (size < 8) break;
    start += size;
  }
  return Buffer.alloc(0);
}
