import { readColorProfile } from "../../images/color-profile.js";
import { isProfile, spaceOf, tagsOf, textAt, viewOf } from "../../images/icc.js";
import { SRGB_CHROMATICITIES, writeColorProfile } from "../../images/icc-writer.js";

/** Classes of profiles of a device or a color space: display, input, output, space. */
const CLASSES = ["mntr", "scnr", "prtr", "spac"];

/**
 * Whether a file with that many channels can have an ICC profile: one of gray for 1 or 2 channels with a curve, one of RGB
 * for 3 or 4 with curves or tables.
 */
export function fitsChannels(icc: Uint8Array, channels: number): boolean {
  if (icc.length < 132 || viewOf(icc).getUint32(0) > icc.length || !isProfile(icc)) return false;
  const isGray = channels < 3;
  if (spaceOf(icc) !== (isGray ? "GRAY" : "RGB ") || !CLASSES.includes(textAt(icc, 12, 16))) return false;
  return readColorProfile(icc) !== undefined || (!isGray && hasTable(icc));
}

function hasTable(icc: Uint8Array): boolean {
  try {
    return (tagsOf(icc).get("A2B0")?.length ?? 0) > 0;
  } catch (error) {
    if (error instanceof RangeError) return false; // truncated
    throw error;
  }
}

/** A profile of RGB in which equal values look as in a profile of gray; a profile of RGB is returned as it is. */
export function asRgbProfile(icc: Buffer): Buffer {
  const curve = spaceOf(icc) === "GRAY" && tagsOf(icc).get("kTRC");
  return curve ? Buffer.from(writeColorProfile("Gray as RGB", curve, SRGB_CHROMATICITIES)) : icc;
}
