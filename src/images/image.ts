/** An RGB picture of 8 bits a channel, rows from the top, pixels interleaved: data[(y * width + x) * 3 + channel]. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
