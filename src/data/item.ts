import { open } from "node:fs/promises";
import { messageOf, UserError } from "../errors.js";
import { shrinkShorterSide } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { fromPlanes } from "../images/planar.js";
import { decodeImage, decodeShrunk } from "../platform/node/codec.js";

/** A picture of a data set and its class; plain values, so that a worker thread can be told of it. */
export interface Item {
  /** The file that holds the picture. */
  readonly path: string;
  /** The class, 0 or more; null when nothing says it. */
  readonly label: number | null;
  /** Which picture of the file it is, where the file holds many; absent for a picture file. */
  readonly record?: PlanarRecord;
}

/** An image inside a larger file: three planes of bytes, red, green and blue, in row-major order. */
export interface PlanarRecord {
  /** Index of the image in the file, from 0. */
  readonly index: number;
  /** Offset of its first byte in the file. */
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

/** The unique title of an item, also used in messages: "cat.png", "data_batch_1.bin#17". */
export const titleOf = ({ path, record }: Item): string => (record ? `${path}#${record.index}` : path);

/**
 * Reads the image of an item.
 * @throws UserError when its file is missing, truncated or not an image.
 */
export const readItem = ({ path, record }: Item): Promise<Image> =>
  record ? readRecord(path, record) : decodeImage(path);

/**
 * Reads the image of an item with its shorter side reduced to `size`; smaller images are unchanged. See `decodeShrunk` for
 * the differences from `readItem` followed by `shrinkShorterSide`.
 * @throws UserError when its file is missing, truncated or not an image.
 */
export const readShrunk = async ({ path, record }: Item, size: number): Promise<Image> =>
  record ? shrinkShorterSide(await readRecord(path, record), size) : decodeShrunk(path, size);

async function readRecord(path: string, { index, offset, width, height }: PlanarRecord): Promise<Image> {
  const planes = new Uint8Array(3 * width * height);
  const file = await open(path).catch((error) => {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });
  const { bytesRead } = await file.read(planes, 0, planes.length, offset).finally(() => file.close());
  if (bytesRead < planes.length) throw new UserError(`cannot read image ${index} of ${path}: the file is truncated`);
  return fromPlanes(planes, width, height);
}
