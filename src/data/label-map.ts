import { messageOf, UserError } from "../errors.js";
import { readRegular } from "../platform/node/files.js";
import { readIndexedPng } from "../platform/node/indexed-png.js";
import type { LabelMap } from "./view.js";

/** The most bytes of a label map's file. */
const LARGEST = 2 ** 26;

/**
 * Reads the class of each pixel from an indexed or gray PNG file, such as those of PASCAL VOC's SegmentationClass.
 * @throws UserError when it cannot be read, or has several channels.
 */
export async function readLabelMap(path: string): Promise<LabelMap> {
  try {
    return readIndexedPng(await readRegular(path, LARGEST));
  } catch (error) {
    throw new UserError(`cannot read the label map ${path}: ${messageOf(error)}`);
  }
}
