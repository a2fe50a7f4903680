import { execFileSync, spawnSync } from "node:child_process";

/** Why tests that compare with ImageMagick are skipped; false if it is installed. */
export const skipWithoutImageMagick: string | false =
  spawnSync("convert", ["-version"]).status === 0 ? false : "ImageMagick is not installed";

/** The pixels of an image after operations, as 16-bit RGB. */
export function convertedPixels(file: string, operations: readonly string[]): Uint16Array {
  const args = [file, ...operations, "-depth", "16", "-endian", "LSB", "rgb:-"];
  const { buffer, byteOffset, length } = Buffer.from(execFileSync("convert", args, { maxBuffer: 2 ** 28 }));
  return new Uint16Array(buffer.slice(byteOffset, byteOffset + length));
}
