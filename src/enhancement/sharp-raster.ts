import sharp, { type Sharp } from "sharp";
import type { Raster } from "./raster.js";

/** A pipeline that reads the raster. */
export const sharpFrom = ({ width, height, channels, data }: Raster): Sharp =>
  sharp(data, { raw: { width, height, channels }, limitInputPixels: false });

/** The output of a pipeline in sRGB, with 8 or (`deep`) 16 bits a channel. */
export async function rasterFrom(pipeline: Sharp, deep: boolean): Promise<Raster> {
  const { data, info } = await pipeline
    .toColourspace(deep ? "rgb16" : "srgb")
    .raw({ depth: deep ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const pixels = deep
    ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
    : new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { width: info.width, height: info.height, channels: info.hasAlpha ? 4 : 3, data: pixels };
}
