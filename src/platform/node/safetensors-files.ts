import { messageOf, UserError } from "../../errors.js";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "../../onnx/safetensors.js";
import { readRegular, writeBytes } from "./files.js";

/** @throws UserError when the file is missing, truncated or of another format. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const bytes = await readRegular(path).catch((error: unknown) => {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  });
  return decodeSafetensors(bytes, path);
}

/** Writes the file whole or not at all. */
export const writeSafetensors = (path: string, contents: Safetensors): Promise<void> =>
  writeBytes(path, encodeSafetensors(contents));
