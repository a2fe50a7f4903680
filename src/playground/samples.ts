import { encodedImage } from "../platform/node/codec.js";
import { renderScene } from "../synthetic/render.js";
import { findStyle } from "../synthetic/styles.js";
import type { Sample } from "./manifest.js";

/** The side of a sample in pixels: that of the packaged recognizers' input. */
const SIZE = 128;
/** No image of the recognizers' training has this seed. */
const SEED = 7;
const COUNT = 12;
const STYLE = "filled";

/** The sample images as PNG files, by their addresses, and how the manifest lists them. */
export async function sampleEntries(): Promise<{ readonly listed: Sample[]; readonly files: [string, Uint8Array][] }> {
  const { defaultClasses, classNames } = findStyle(STYLE);
  const names = classNames(defaultClasses);
  const entries = Array.from({ length: COUNT }, async (_, i) => {
    const { image, objects } = renderScene({ style: STYLE, size: SIZE }, SEED, i);
    const label = names[objects[0]?.label ?? 0] as string;
    const sample = { name: label, file: `samples/${label}.png`, width: image.width, height: image.height, label };
    return { sample, content: await encodedImage(image, sample.file) };
  });
  const made = await Promise.all(entries);
  return { listed: made.map(({ sample }) => sample), files: made.map(({ sample, content }) => [sample.file, content]) };
}
