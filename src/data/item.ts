import { createHash } from "node:crypto";
import { messageOf, UserError } from "../errors.js";
import { shrinkShorterSide } from "../images/crop.js";
import type { Image } from "../images/image.js";
import { fromPlanes } from "../images/planar.js";
import { type DecodeOptions, decodedSize, decodeImage, decodeShrunk } from "../platform/node/codec.js";
import { openRegular, readRegular } from "../platform/node/files.js";
import type { Annotation } from "./annotation.js";

/** An image of a data set with its annotation; plain values, which can be sent to a worker thread. */
export interface Item {
  /** The file that holds the image. */
  readonly path: string;
  readonly annotation: Annotation;
  /** Which image of the file it is, where the file holds many; absent for an image file. */
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
export const readItem = ({ path, record }: Item, options: DecodeOptions = {}): Promise<Image> =>
  record ? readRecord(path, record) : decodeImage(path, options);

/**
 * Reads the image of an item with its shorter side reduced to `size`; smaller images are unchanged. See `decodeShrunk` for
 * the differences from `readItem` followed by `shrinkShorterSide`.
 * @throws UserError when its file is missing, truncated or not an image.
 */
export const readShrunk = async ({ path, record }: Item, size: number, options: DecodeOptions = {}): Promise<Image> =>
  record ? shrinkShorterSide(await readRecord(path, record), size) : decodeShrunk(path, size, options);

/**
 * The size of the image that `readItem` reads.
 * @throws UserError when its file is missing or not an image.
 */
export const sizeOfItem = ({ path, record }: Item): Promise<{ readonly width: number; readonly height: number }> =>
  record ? Promise.resolve(record) : decodedSize(path);

/** The SHA-256 of the bytes that hold the image, hexadecimal; null where they cannot be read. */
export async function sha256OfItem({ path, record }: Pick<Item, "path" | "record">): Promise<string | null> {
  const bytes = record ? readPlanes(path, record) : readRegular(path);
  return bytes.then(
    (content) => createHash("sha256").update(content).digest("hex"),
    () => null,
  );
}

const readRecord = async (path: string, record: PlanarRecord): Promise<Image> =>
  fromPlanes(await readPlanes(path, record), record.width, record.height);

async function readPlanes(path: string, { index, offset, width, height }: PlanarRecord): Promise<Uint8Array> {
  const planes = new Uint8Array(3 * width * height);
  const file = await openRegular(path).catch((error) => {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });
  const { bytesRead } = await file.read(planes, 0, planes.length, offset).finally(() => file.close());
  if (bytesRead < planes.length) throw new UserError(`cannot read image ${index} of ${path}: the file is truncated`);
  return planes;
}
