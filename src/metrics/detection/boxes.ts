/** A rectangle in pixels from the upper left corner of the image; right and bottom are excluded. Fractions are allowed. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Width x height as the source states them; the difference of rounded corners can be off. Default: from the corners. */
  readonly boxArea?: number;
}

/** An object that a detector found. */
export interface FoundBox extends Rectangle {
  /** Index of its class. */
  readonly class: number;
  /** Confidence; the unit is the detector's own, a larger one ranks first. */
  readonly score: number;
}

/** An annotated object. */
export interface TrueBox extends Rectangle {
  /** Index of its class. */
  readonly class: number;
  /** VOC: hard to recognize. It counts neither for nor against a detector. Default: false. */
  readonly difficult?: boolean;
  /** COCO: a region of many objects. It counts neither for nor against a detector. Default: false. */
  readonly crowd?: boolean;
  /** COCO: pixels of the object's outline, which decide its size class. Default: the area of the box. */
  readonly area?: number;
}

/** The objects of a set of images and what a detector found in them, from which average precision is computed. */
export interface DetectionProblem {
  /** Number of images. */
  readonly images: number;
  /** The annotated objects; `image` is the index of the image. */
  readonly truth: readonly (TrueBox & { readonly image: number })[];
  /** The detections in an order that decides between equal scores. */
  readonly found: readonly (FoundBox & { readonly image: number })[];
}
