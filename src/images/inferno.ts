/** The color map "inferno" of matplotlib (Smith & van der Walt, CC0) at nine equal steps: lightness rises evenly. */
const inferno = [
  [0x00, 0x00, 0x04],
  [0x21, 0x0c, 0x4a],
  [0x56, 0x10, 0x6e],
  [0x89, 0x22, 0x6a],
  [0xbb, 0x37, 0x54],
  [0xe3, 0x59, 0x32],
  [0xf9, 0x8c, 0x0a],
  [0xf9, 0xc9, 0x32],
  [0xfc, 0xff, 0xa4],
] as const;

/** The color for a heat in [0, 1], interpolated between the two nearest steps. */
export function infernoAt(heat: number): number[] {
  const place = heat * (inferno.length - 1);
  const below = Math.min(Math.floor(place), inferno.length - 2);
  const [low, high] = [inferno[below], inferno[below + 1]] as [readonly number[], readonly number[]];
  return low.map((value, channel) => value + (place - below) * ((high[channel] as number) - value));
}
