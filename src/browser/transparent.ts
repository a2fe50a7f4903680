import { REACH, replaceTransparent } from "../enhancement/alpha.js";
import type { Rgba } from "./pixels.js";

/** Replaces the colors of transparent pixels by nearby visible ones, in the memory of the raster. */
export function fillTransparent({ width, height, data }: Rgba): void {
  // Placeholder until the colors are those of Node.js.
  replaceTransparent(data, new Uint8Array(4 * width * height + REACH));
}
