/** An 8-bit RGB image in row-major order with interleaved channels: data[(y * width + x) * 3 + channel]. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
