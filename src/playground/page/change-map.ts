import type { Heat } from "../../widgets/pane.js";
import type { Version } from "./state.js";

/** Where a version differs from plain. */
export interface ChangeMap extends Heat {
  readonly label: string;
  /** The difference, of 255, from which pixels are the lightest: the largest one percent. */
  readonly top: number;
}

/** The largest difference among the channels of each pixel between plain and the version for machines. */
export function changeMap(versions: readonly Version[]): ChangeMap | undefined {
  const plain = versions.find(({ label }) => label === "plain")?.pixels;
  const other = versions.find(({ label, pixels }) => {
    const compared = label !== "plain" && label !== "input" && label !== "original";
    return compared && pixels.width === plain?.width && pixels.height === plain.height;
  });
  if (!plain || !other) return undefined;
  const { width, height } = plain;
  const magnitudes = Float32Array.from({ length: width * height }, (_, i) => {
    const channel = (c: number) => Math.abs((plain.data[4 * i + c] ?? 0) - (other.pixels.data[4 * i + c] ?? 0));
    return Math.max(channel(0), channel(1), channel(2));
  });
  const sorted = Float32Array.from(magnitudes).sort();
  return { label: other.label, width, height, magnitudes, top: sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0 };
}
