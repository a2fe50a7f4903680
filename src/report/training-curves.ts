import { dirname, join } from "node:path";
import { readTextIfThere } from "../platform/node/files.js";
import type { LinesPart, Section } from "./document.js";

/** The log of one training: by key, its values by step. */
interface Curve {
  readonly name: string;
  readonly lines: readonly Readonly<Record<string, number>>[];
}

/** Points of a curve; more cannot be told apart. */
const POINTS = 300;
/** Keys of the log that are no measurements. */
const SETTINGS = ["step", "lr"];

/**
 * The curves of trainings whose models have a log in their folder, a chart for each value that is logged.
 * @param models names and paths of model files.
 */
export async function trainingCurves(
  models: readonly { readonly name: string; readonly model: string }[],
): Promise<Section[]> {
  const curves: Curve[] = [];
  for (const { name, model } of models) {
    const text = await readTextIfThere(join(dirname(model), "log.jsonl"));
    const lines = (text ?? "").split("\n").flatMap(lineOf);
    if (lines.length > 1) curves.push({ name, lines });
  }
  const keys = [...new Set(curves.flatMap(({ lines }) => Object.keys(lines[0] ?? {})))];
  const parts = keys.filter((key) => !SETTINGS.includes(key)).map((key) => chartOf(key, curves));
  return parts.length > 0 ? [{ title: "Training", parts }] : [];
}

/** The line's numbers; none of a line that is not complete. */
function lineOf(line: string): Record<string, number>[] {
  try {
    const found = JSON.parse(line) as Record<string, unknown>;
    const numbers = Object.entries(found).filter(([, value]) => typeof value === "number");
    return [Object.fromEntries(numbers) as Record<string, number>];
  } catch {
    return [];
  }
}

function chartOf(key: string, curves: readonly Curve[]): LinesPart {
  const series = curves.flatMap(({ name, lines }) => {
    const points = lines.flatMap(({ step, [key]: value }) =>
      step === undefined || value === undefined ? [] : [{ x: step, y: value }],
    );
    const every = Math.ceil(points.length / POINTS);
    const kept = points.filter((_, i) => i % every === 0 || i === points.length - 1);
    return kept.length > 0 ? [{ name, points: kept }] : [];
  });
  return {
    kind: "lines",
    caption: key === "psnr" ? "PSNR of the training images" : `Training: ${key}`,
    x: { title: "step", scale: "linear" },
    y: { title: key === "psnr" ? "PSNR (dB)" : key },
    series,
    note: "Means over the steps since the point before.",
  };
}
