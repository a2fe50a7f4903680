/** Pixels in memory: RGBA, not premultiplied, 8 bits. */
export interface PanePixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** How strongly each pixel of a pane counts. */
export interface Heat {
  readonly width: number;
  readonly height: number;
  /** [height, width], 0 or more. */
  readonly magnitudes: Float32Array;
  /** The part of the pane that it covers, as shares of width and height. Default: all of it. */
  readonly area?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** The magnitude from which pixels have the lightest color. Default: that of the largest one percent. */
  readonly top?: number;
}

/** A version of an image. */
export interface Pane {
  readonly label: string;
  /** An address (data:, blob: or https:), or pixels. */
  readonly image: string | PanePixels;
  /** A map that can be laid over it. */
  readonly heat?: Heat;
}
