import type { Image } from "../images/image.js";
import { resize } from "../images/resize.js";
import type { InputSize } from "./adapters/adapter.js";

export type ResizeMode = "letterbox" | "stretch" | "none";

/** An image at the size of a detector's input: x of the input = x of the image · scaleX + left. */
export interface Placement {
  readonly image: Image;
  readonly scaleX: number;
  readonly scaleY: number;
  readonly left: number;
  readonly top: number;
}

/** The gray of the borders of a letterbox, as in the YOLO repositories. */
const BORDER = 114;

/**
 * Brings an image to a detector's input size (bilinear, antialiased). `letterbox` keeps its proportions, to whole pixels, and
 * centers it between gray borders; `none` keeps its size.
 */
export function placed(image: Image, { width, height }: InputSize, mode: ResizeMode): Placement {
  if (mode === "none") return { image, scaleX: 1, scaleY: 1, left: 0, top: 0 };
  if (mode === "stretch")
    return {
      image: resize(image, width, height, "bilinear"),
      scaleX: width / image.width,
      scaleY: height / image.height,
      left: 0,
      top: 0,
    };
  const ratio = Math.min(width / image.width, height / image.height);
  const [inner, tall] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * ratio))) as [
    number,
    number,
  ];
  // The remainder of an odd border is at the right and below, as in Ultralytics' letterbox.
  const [left, top] = [Math.floor((width - inner) / 2), Math.floor((height - tall) / 2)];
  const canvas = { width, height, data: new Uint8Array(3 * width * height).fill(BORDER) };
  const resized = resize(image, inner, tall, "bilinear");
  for (let y = 0; y < tall; y++)
    canvas.data.set(resized.data.subarray(3 * y * inner, 3 * (y + 1) * inner), 3 * ((top + y) * width + left));
  return { image: canvas, scaleX: inner / image.width, scaleY: tall / image.height, left, top };
}
