/// <reference lib="dom" />
import { element } from "./elements.js";

/** The side of a square of the pattern, in pixels of the image. */
const SQUARE = 8;
/** The time between two frames of a screen with 60 Hz, in milliseconds; of faster screens it is measured. */
const FRAME = 1000 / 60;

/**
 * Shows a decoded image in `stage` for a time, then `mask`. Frames of the browser decide: the image is removed in the frame that is
 * closest to the end of the time.
 * @returns when the image became visible (`performance.now()`) and for how long it was, both in milliseconds.
 */
export async function expose(stage: HTMLElement, image: HTMLImageElement, mask: HTMLElement, milliseconds: number) {
  const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
  await frame();
  stage.replaceChildren(image);
  // What is inserted before a frame's callbacks end is painted by that frame; the next callback is one refresh later.
  const shown = performance.now();
  let now = shown;
  for (let refresh = FRAME; now - shown + refresh / 2 < milliseconds; ) {
    const next = await frame();
    refresh = Math.min(refresh, Math.max(1, next - now));
    now = next;
  }
  stage.replaceChildren(mask);
  return { shown, exposure: Math.round(10 * (performance.now() - shown)) / 10 };
}

/** A pattern of random gray squares of an image's size. */
export function patternMask(width: number, height: number): HTMLCanvasElement {
  const canvas = element("canvas", { width, height, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  for (let y = 0; context && y < height; y += SQUARE)
    for (let x = 0; x < width; x += SQUARE) {
      const gray = Math.floor(256 * Math.random());
      context.fillStyle = `rgb(${gray} ${gray} ${gray})`;
      context.fillRect(x, y, SQUARE, SQUARE);
    }
  return canvas;
}
