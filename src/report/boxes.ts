import type { Image } from "../images/image.js";
import type { FoundBox, Rectangle } from "../metrics/detection/boxes.js";
import { drawText, TEXT_HEIGHT, textWidth } from "./lettering.js";

type Color = readonly [red: number, green: number, blue: number];

/** The angle between the hues of successive classes, in turns: the golden section, so that no two classes are close. */
const TURN = (Math.sqrt(5) - 1) / 2;

/** A color of a class, light enough for black letters. */
export function classColor(index: number): Color {
  const hue = (index * TURN) % 1;
  const channel = (shift: number) => {
    const distance = Math.abs(((hue + shift) % 1) * 6 - 3);
    return Math.round(255 * (0.3 + 0.7 * Math.min(Math.max(distance - 1, 0), 1)));
  };
  return [channel(0), channel(2 / 3), channel(1 / 3)];
}

/**
 * A copy of an image with its boxes, each in the color of its class with a label above its upper edge, or inside if there is no
 * room. Boxes of higher scores cover others.
 * @param labelOf the text of a box; lettering has no capitals: see `drawText`.
 */
export function withBoxes(image: Image, boxes: readonly FoundBox[], labelOf: (box: FoundBox) => string): Image {
  const copy = { ...image, data: image.data.slice() };
  const line = Math.max(1, Math.round(Math.min(image.width, image.height) / 150));
  const ascending = [...boxes].sort((a, b) => a.score - b.score);
  for (const box of ascending) drawOutline(copy, box, line, classColor(box.class));
  for (const box of ascending) drawLabel(copy, box, labelOf(box));
  return copy;
}

/** Fills the pixels from `left`, `top` up to, but not including, `right`, `bottom`, as far as they are in the image. */
function fill({ width, height, data }: Image, { left, top, right, bottom }: Rectangle, color: Color): void {
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++)
    for (let x = Math.max(0, left); x < Math.min(width, right); x++) data.set(color, 3 * (y * width + x));
}

/** The outline is inside the box. */
function drawOutline(image: Image, box: Rectangle, line: number, color: Color): void {
  const [left, top] = [Math.floor(box.left), Math.floor(box.top)];
  const [right, bottom] = [Math.ceil(box.right), Math.ceil(box.bottom)];
  fill(image, { left, top, right, bottom: Math.min(bottom, top + line) }, color);
  fill(image, { left, top: Math.max(top, bottom - line), right, bottom }, color);
  fill(image, { left, top, right: Math.min(right, left + line), bottom }, color);
  fill(image, { left: Math.max(left, right - line), top, right, bottom }, color);
}

/** Pixels between a label's letters and its edges. */
const MARGIN = 2;

function drawLabel(image: Image, box: FoundBox, label: string): void {
  const [width, height] = [textWidth(label) + 2 * MARGIN, TEXT_HEIGHT + 2 * MARGIN];
  const above = Math.floor(box.top) - height;
  const top = above >= 0 ? above : Math.floor(box.top);
  const left = Math.max(0, Math.min(Math.floor(box.left), image.width - width));
  fill(image, { left, top, right: left + width, bottom: top + height }, classColor(box.class));
  drawText(image, label, left + MARGIN + Math.floor(textWidth(label) / 2), top + MARGIN);
}
