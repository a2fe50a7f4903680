import type { Heat } from "../../widgets/pane.js";
import type { Version } from "./state.js";

/** Where a version differs from plain. */
export interface ChangeMap extends Heat {
  readonly label: string;
  /** The difference, of 255, from which pixels are the lightest: the largest one percent. */
  readonly top: number;
}

/** The most pixels of a map; of larger images it shows the largest difference in each square. */
const MOST = 2 ** 20;

/** The largest difference among the channels of each pixel between plain and the version for machines. */
export function changeMap(versions: readonly Version[]): ChangeMap | undefined {
  const plain = versions.find(({ label }) => label === "plain")?.pixels;
  const other = versions.find(({ label, pixels }) => {
    const compared = label !== "plain" && label !== "input" && label !== "original";
    return compared && pixels.width === plain?.width && pixels.height === plain.height;
  });
  if (!plain || !other) return undefined;
  const square = Math.ceil(Math.sqrt((plain.width * plain.height) / MOST));
  const [width, height] = [Math.ceil(plain.width / square), Math.ceil(plain.height / square)];
  const magnitudes = new Float32Array(width * height);
  const [one, two] = [plain.data, other.pixels.data];
  for (let y = 0; y < plain.height; y++)
    for (let x = 0; x < plain.width; x++) {
      const [at, cell] = [4 * (y * plain.width + x), Math.floor(y / square) * width + Math.floor(x / square)];
      for (let c = at; c < at + 3; c++) {
        const difference = Math.abs((one[c] as number) - (two[c] as number));
        if (difference > (magnitudes[cell] as number)) magnitudes[cell] = difference;
      }
    }
  return { label: other.label, width, height, magnitudes, top: percentile99(magnitudes) };
}

/** The difference, 0 to 255, that at most one percent exceed. */
function percentile99(differences: Float32Array): number {
  const counts = new Uint32Array(256);
  for (const difference of differences) counts[difference] = (counts[difference] ?? 0) + 1;
  let above = differences.length;
  return counts.findIndex((count) => {
    above -= count;
    return above <= 0.01 * differences.length;
  });
}
