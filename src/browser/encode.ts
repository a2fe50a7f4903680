/// <reference lib="dom" />
import { UserError } from "../errors.js";
import type { Pixels } from "./api.js";

export type PixelFormat = "image/png";

export async function encodePixels(_: Pixels, format: PixelFormat = "image/png"): Promise<Blob> {
  throw new UserError(`not yet ${format}`);
}
