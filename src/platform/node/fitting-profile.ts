import { readColorProfile } from "../../images/color-profile.js";
import { isProfile, spaceOf, tagsOf, textAt, viewOf } from "../../images/icc.js";
import { SRGB_CHROMATICITIES, writeColorProfile } from "../../images/icc-writer.js";

/** Classes of profiles of a device or a color space: display, input, output, space. */
const CLASSES = ["mntr", "scnr", "prtr", "spac"];

/**
 * Whether a file whose samples are in that space can have an ICC profile: one of the same space, of gray with a curve, of RGB
 * with curves or tables, of CMYK with tables.
 */
export function fitsSpace(icc: Uint8Array, space: "GRAY" | "RGB " | "CMYK"): boolean {
  if (icc.length < 132 || viewOf(icc).getUint32(0) > icc.length || !isProfile(icc)) return false;
  if (spaceOf(icc) !== space || !CLASSES.includes(textAt(icc, 12, 16))) return false;
  return readColorProfile(icc) !== undefined || (space !== "GRAY" && hasTable(icc));
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
