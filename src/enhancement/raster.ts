/**
 * Decoded pixels, interleaved, rows from the top: RGB or RGBA (not premultiplied), 8 or 16 bits a channel.
 */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint16Array;
}

/** The value of white: 255 or 65535. */
export const peakOf = ({ data }: Raster): number => (data instanceof Uint16Array ? 65535 : 255);

/** A black raster with the channels and the depth of another; transparent if it has alpha. */
export function blankRaster(width: number, height: number, { channels, data }: Raster): Raster {
  const length = width * height * channels;
  return {
    width,
    height,
    channels,
    data: data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length),
  };
}
