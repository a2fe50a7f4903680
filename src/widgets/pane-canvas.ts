/// <reference lib="dom" />
import { useEffect, useState } from "preact/hooks";
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

/** The steps of the heat map's scale, dark to light: black, purple, orange, yellow. */
const SCALE = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/** A heat map as an image; the largest magnitudes (one percent of the pixels) are the lightest. */
export function heatCanvas({ width, height, magnitudes }: Heat): HTMLCanvasElement {
  const sorted = Float32Array.from(magnitudes).sort();
  const top = sorted[Math.floor(0.99 * (sorted.length - 1))] || 1;
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (const [i, magnitude] of magnitudes.entries()) pixels.set([...colorAt(Math.min(1, magnitude / top)), 255], 4 * i);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

function colorAt(share: number): readonly [number, number, number] {
  const place = share * (SCALE.length - 1);
  const [low, high] = [Math.floor(place), Math.ceil(place)];
  const [from, to] = [SCALE[low] ?? SCALE[0], SCALE[high] ?? SCALE[0]];
  const mixed = from.map((value, i) => value + (place - low) * ((to[i] ?? 0) - value));
  return mixed as unknown as readonly [number, number, number];
}
