/// <reference lib="dom" />
import { useEffect, useState } from "preact/hooks";
import { infernoAt } from "../images/inferno.js";
import type { Heat, Pane, PanePixels } from "./pane.js";

/** What a canvas can draw of a pane, and its size in pixels. */
export interface Drawable {
  readonly source: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** Larger images are shown reduced: browsers limit the size of a canvas. */
const LARGEST_SIDE = 4096;

/** Pictures of images that were shown before: a pane keeps its image object. */
const known = new WeakMap<object, Promise<Drawable>>();
const addresses = new Map<string, Promise<Drawable>>();

/** What can be drawn of a pane; undefined while it is made. */
export function useDrawable(image: Pane["image"] | undefined): Drawable | undefined {
  const [drawable, setDrawable] = useState<{ of: Pane["image"]; value: Drawable }>();
  useEffect(() => {
    if (image === undefined) return;
    let current = true;
    drawableOf(image).then((value) => current && setDrawable({ of: image, value }));
    return () => {
      current = false;
    };
  }, [image]);
  return drawable?.of === image ? drawable?.value : undefined;
}

function drawableOf(image: Pane["image"]): Promise<Drawable> {
  const held = typeof image === "string" ? addresses.get(image) : known.get(image);
  if (held) return held;
  const made = typeof image === "string" ? fromAddress(image) : fromPixels(image);
  if (typeof image === "string") addresses.set(image, made);
  else known.set(image, made);
  return made;
}

async function fromAddress(address: string): Promise<Drawable> {
  const source = new Image();
  source.src = address;
  await source.decode();
  return { source, width: source.naturalWidth, height: source.naturalHeight };
}

async function fromPixels({ data, width, height }: PanePixels): Promise<Drawable> {
  const share = Math.min(1, LARGEST_SIDE / Math.max(width, height));
  const resizing =
    share < 1 ? { resizeWidth: Math.round(width * share), resizeHeight: Math.round(height * share) } : {};
  const source = await createImageBitmap(new ImageData(data, width, height), resizing);
  return { source, width: source.width, height: source.height };
}

/** Canvases are drawn no larger: two of them lie over each other. */
const LARGEST_LAYER = 2048;
/** Weight of the image under the darkest and the lightest color of a heat map. */
const [UNDER_DARK, UNDER_LIGHT] = [0.6, 0.1];

/** Draws a pane; with a heat map, the map over the image in gray. */
export function drawPane(canvas: HTMLCanvasElement, { source, width, height }: Drawable, heat?: Heat): void {
  const reduced = Math.min(1, LARGEST_LAYER / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * reduced)), Math.max(1, Math.round(height * reduced))];
  Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingQuality = "high";
  context.drawImage(source, 0, 0, w, h);
  if (!heat) return;
  context.globalCompositeOperation = "saturation";
  context.fillStyle = "#808080";
  context.fillRect(0, 0, w, h);
  context.globalCompositeOperation = "source-over";
  const area = heat.area ?? { x: 0, y: 0, width: 1, height: 1 };
  context.drawImage(heatCanvas(heat), area.x * w, area.y * h, area.width * w, area.height * h);
}

/** A heat map as an image that lets through what lies under it. */
function heatCanvas({ width, height, magnitudes, top = topOf(magnitudes) }: Heat): HTMLCanvasElement {
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (const [i, magnitude] of magnitudes.entries()) {
    const share = top > 0 ? Math.min(1, magnitude / top) : 0;
    pixels.set([...infernoAt(share), 255 * (1 - UNDER_DARK + share * (UNDER_DARK - UNDER_LIGHT))], 4 * i);
  }
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

/** The magnitude that only one percent exceed. */
export function topOf(magnitudes: Float32Array): number {
  const sorted = Float32Array.from(magnitudes).sort();
  return sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0;
}
