/** An object in an image: its class and its box in pixels from the upper left corner, right and bottom excluded. */
export interface Box {
  readonly class: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** VOC: hard to recognize; ignored by metrics. */
  readonly difficult?: boolean;
  /** VOC: the object extends beyond the image or is covered in part. */
  readonly truncated?: boolean;
  /** COCO: a region of many objects; ignored by metrics. */
  readonly crowd?: boolean;
  /** COCO: pixels of the object's outline. */
  readonly area?: number;
}

/** What is known to be in an image; plain values, which can be sent to a worker thread. */
export type Annotation =
  | { readonly kind: "class"; readonly class: number }
  | { readonly kind: "boxes"; readonly boxes: readonly Box[] }
  /** The class of each pixel: an indexed or gray PNG file of the image's size; 255 is ignored. */
  | { readonly kind: "label-map"; readonly path: string }
  | { readonly kind: "none" };

/** The annotation of an image whose class is `label`, 0 or more; null: not known. */
export const classAnnotation = (label: number | null): Annotation =>
  label === null ? { kind: "none" } : { kind: "class", class: label };

/** The class of an annotated image; null where it has none. */
export const classOf = ({ annotation }: { readonly annotation: Annotation }): number | null =>
  annotation.kind === "class" ? annotation.class : null;
