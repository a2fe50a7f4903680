import sharp from "sharp";
import type { Image } from "../images/image.js";
import { decodeImage } from "../platform/node/codec.js";

/** An image as a service receives it. */
export interface ReceivedImage {
  readonly width: number;
  readonly height: number;
  readonly format: "jpeg" | "png";
  readonly pixels: Image;
}

/** Why an image cannot be labeled. */
export interface ImageProblem {
  readonly problem: "not-base64" | "format" | "too-small" | "too-large";
}

/** The image sizes that a vendor accepts. */
export interface ImageLimits {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Least width and height in pixels. */
  readonly leastSide: number;
  /** Most width and height in pixels. */
  readonly mostSide: number;
  /** Most pixels of an image. */
  readonly mostPixels: number;
}

/** The bytes of a text in base64 (RFC 4648, section 4, with padding); undefined if it is none. */
export function base64Bytes(text: string): Buffer | undefined {
  if (text === "" || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}

/**
 * Reads a JPEG or PNG file within the limits of a vendor. Services accept further formats; the stand-ins do not. The size is read
 * from the header, so that an image that decodes to more pixels than the limit is refused before it is decoded.
 */
export async function readImage(bytes: Buffer, limits: ImageLimits): Promise<ReceivedImage | ImageProblem> {
  if (bytes.length > limits.bytes) return { problem: "too-large" };
  const format = formatOf(bytes);
  if (!format) return { problem: "format" };
  try {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    if (Math.min(width, height) < limits.leastSide) return { problem: "too-small" };
    if (Math.max(width, height) > limits.mostSide || width * height > limits.mostPixels)
      return { problem: "too-large" };
    const pixels = await decodeImage(bytes);
    return { width: pixels.width, height: pixels.height, format, pixels };
  } catch {
    return { problem: "format" };
  }
}

function formatOf(bytes: Buffer): "jpeg" | "png" | undefined {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return "jpeg";
  return bytes.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1")) ? "png" : undefined;
}
