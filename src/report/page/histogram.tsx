import { type PlotOptions, rectY, ruleY } from "@observablehq/plot";
import { useMemo } from "preact/hooks";
import { numberText } from "../../number-text.js";
import { Chart, seriesColor } from "../../widgets/chart.js";
import type { HistogramPart } from "../document.js";

/** How many values are in each of 30 ranges of one width. */
function binsOf(values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const width = (high - low || 1) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count, i) => ({ count, from: low + i * width, to: low + (i + 1) * width }));
}

const BINS = 30;

/** The distribution of values. */
export function HistogramView({ part }: { readonly part: HistogramPart }) {
  const { caption, values, x, counted } = part;
  const options = useMemo(
    (): PlotOptions => ({
      ...{ height: 260, marginLeft: 56, marginBottom: 48 },
      x: { label: x.title, labelAnchor: "center", labelArrow: "none" },
      y: { label: counted, labelArrow: "none", grid: true },
      marks: [rectY(binsOf(values), { x1: "from", x2: "to", y: "count", fill: seriesColor(0) }), ruleY([0])],
    }),
    [values, x, counted],
  );
  const sorted = useMemo(() => values.toSorted((a, b) => a - b), [values]);
  const figures = {
    titles: ["share", x.title],
    rows: [0, 25, 50, 75, 100].map((share) => [
      `${share} % are at most`,
      numberText(sorted[Math.round((share / 100) * (sorted.length - 1))] ?? Number.NaN, 2),
    ]),
  };
  return (
    <figure class="block chart-block">
      <figcaption>{caption}</figcaption>
      <Chart label={caption} options={options} figures={figures} />
    </figure>
  );
}
