import type { Rgba } from "./pixels.js";

/** Replaces colors by their brightness: the luminance of linear light, as libvips converts sRGB to gray. */
export function makeGray({ data }: Rgba): void {
  const white = data instanceof Uint16Array ? 65535 : 255;
  const linear = Float32Array.from({ length: white + 1 }, (_, value) => toLinear(value / white));
  const gray = Float32Array.from({ length: white + 2 }, (_, value) => Math.round(white * fromLinear(value / white)));
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue] = [0, 1, 2].map((c) => linear[data[i + c] as number] as number) as [
      number,
      number,
      number,
    ];
    const luminance = white * Math.min(0.2126 * red + 0.7152 * green + 0.0722 * blue, 1);
    const below = Math.floor(luminance);
    const [low, high] = [gray[below] as number, gray[below + 1] as number];
    data.fill(Math.round(low + (high - low) * (luminance - below)), i, i + 3);
  }
}

/** The curve of sRGB (IEC 61966-2-1), from levels to light and back, both from 0 to 1. */
const toLinear = (level: number): number => (level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4);
const fromLinear = (light: number): number => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
