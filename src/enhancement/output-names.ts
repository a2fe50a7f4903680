import { basename, extname } from "node:path";
import { UserError } from "../errors.js";
import { canEncode } from "../platform/node/codec.js";
import { LONGEST_NAME } from "../platform/node/outputs.js";
import type { OutputFormat } from "./raster-codec.js";

/** How results are named. */
export interface OutputNaming {
  /** The format of all results; `same`: that of each input, or PNG if Legible does not write it. Default: same. */
  readonly format?: OutputFormat | "same" | undefined;
  /** Text before the extension: "_x4" makes photo_x4.jpg of photo.jpg. Default: none. */
  readonly suffix?: string | undefined;
}

/** The extensions of each format, the usual one first. */
const EXTENSIONS: Readonly<Record<OutputFormat, readonly string[]>> = {
  png: [".png"],
  jpeg: [".jpg", ".jpeg", ".jpe", ".jfif"],
  webp: [".webp"],
  tiff: [".tiff", ".tif"],
};

/**
 * The name of the result of an image of that name, which may contain folders. An extension of the wanted format stays as it is
 * written. If the format is not one that Legible writes, ".png" follows the whole name, so that a.gif and a.png do not
 * collide, or replaces the extension where the name would be too long.
 */
export function outputName(name: string, { format = "same", suffix = "" }: OutputNaming): string {
  const extension = extname(name);
  const stem = extension === "" ? name : name.slice(0, -extension.length);
  if (format !== "same") {
    const [usual = "", ...others] = EXTENSIONS[format];
    const isOfFormat = [usual, ...others].includes(extension.toLowerCase());
    return `${stem}${suffix}${isOfFormat ? extension : usual}`;
  }
  if (canEncode(name)) return `${stem}${suffix}${extension}`;
  const fits = Buffer.byteLength(`${basename(name)}${suffix}.png`) <= LONGEST_NAME;
  return `${fits ? name : stem}${suffix}.png`;
}

/** @throws UserError when a suffix cannot be part of a file's name. */
export function requireSuffix(suffix: string): void {
  if (/[/\\\0]/.test(suffix) || suffix === "")
    throw new UserError(`\`suffix\` is ${JSON.stringify(suffix)}; expected text without / and \\`);
}

/** @throws UserError when the name of a file is too long for file systems. */
export function requireShortName(path: string): void {
  const bytes = Buffer.byteLength(basename(path));
  if (bytes > LONGEST_NAME)
    throw new UserError(`cannot write ${path}: its name has ${bytes} bytes, more than ${LONGEST_NAME}`);
}
