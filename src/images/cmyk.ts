/**
 * Converts CMYK without a profile to RGB, both in 16 bits: each color is the white that its ink and black leave. The result is
 * rounded down to a level, as in Chromium and Firefox; Pillow's is at most one level more.
 * @param data interleaved, 0: no ink, 65535: full ink; with alpha as the fifth channel.
 * @param hasAlpha whether there is alpha, which is kept.
 * @param bits of the samples before they were scaled to 16.
 */
export function cmykToRgb(data: Uint16Array, hasAlpha: boolean, bits: 8 | 16): Uint16Array {
  const [from, to] = hasAlpha ? [5, 4] : [4, 3];
  const level = bits === 8 ? 257 : 1;
  const result = new Uint16Array((data.length / from) * to);
  for (let at = 0, out = 0; at < data.length; at += from, out += to) {
    const white = 65535 - (data[at + 3] as number);
    for (let c = 0; c < 3; c++) {
      const light = white * (65535 - (data[at + c] as number));
      result[out + c] = level * Math.floor(light / (65535 * level));
    }
    if (hasAlpha) result[out + 3] = data[at + 4] as number;
  }
  return result;
}
