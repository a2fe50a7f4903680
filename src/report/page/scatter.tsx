import { dot, line, type PlotOptions, pointer, ruleX, text, tip } from "@observablehq/plot";
import { useMemo } from "preact/hooks";
import { APART, Chart, type ChartFigures, seriesColor, seriesSymbol } from "../../widgets/chart.js";
import type { ScatterPart, ScatterPoint } from "../document.js";
import { Legend } from "./legend.js";
import { figureText } from "./numbers.js";

/** Points of series with labels; lines along Pareto fronts. */
export function ScatterView({ part }: { readonly part: ScatterPart }) {
  const { caption, note, series } = part;
  const options = useMemo(() => optionsOf(part), [part]);
  const figures = useMemo(() => figuresOf(part), [part]);
  return (
    <figure class="block chart-block">
      <figcaption>{caption}</figcaption>
      <Legend names={series.map(({ name }) => name)} />
      <Chart label={caption} options={options} figures={figures} />
      {note !== undefined && <p class="note">{note}</p>}
    </figure>
  );
}

/** Points that have labels; more would cover each other. */
const LABELED = 24;

/** Of points with one label at one x, the upper one. */
function labeled<P extends ScatterPoint>(points: readonly P[]): P[] {
  const upper = new Map<string, P>();
  for (const point of points.toSorted((a, b) => a.y - b.y)) upper.set(`${point.x} ${point.label}`, point);
  return [...upper.values()];
}

/** Labels of points right of it are on their left side, so that they stay inside the chart. */
const middleOf = (values: readonly number[]): number => (Math.min(...values) + Math.max(...values)) / 2;

function optionsOf({ series, x, y, labeled: areLabeled = true }: ScatterPart): PlotOptions {
  const points = series.flatMap(({ name, points: own }, place) => own.map((point) => ({ ...point, name, place })));
  type Point = (typeof points)[number];
  const at = { x: "x", y: "y" } as const;
  const styled = { stroke: ({ place }: Point) => seriesColor(place), fill: ({ place }: Point) => seriesColor(place) };
  const labels = areLabeled && points.length <= LABELED ? labeled(points) : [];
  const middle = middleOf(points.map((point) => point.x));
  return {
    ...{ height: 400, inset: 28, marginLeft: 56, marginBottom: 48, grid: true },
    x: { label: x.title, labelAnchor: "center", labelArrow: "none", nice: true },
    y: { label: y.title, labelArrow: "none", nice: true },
    color: { type: "identity" },
    symbol: { type: "identity" },
    marks: [
      ...series.map(({ points: own }, place) =>
        ruleX(
          own.filter(({ interval }) => interval),
          {
            ...{
              x: "x",
              y1: ({ interval }: ScatterPoint) => interval?.[0],
              y2: ({ interval }: ScatterPoint) => interval?.[1],
            },
            ...{ stroke: seriesColor(place), strokeOpacity: 0.45, strokeWidth: 2 },
            dx: APART * (place - (series.length - 1) / 2),
          },
        ),
      ),
      ...series.map(({ points: own }, place) =>
        line(
          own.filter(({ front }) => front).toSorted((a, b) => a.x - b.x),
          { ...at, stroke: seriesColor(place), strokeWidth: 1.5, strokeDasharray: "4 3" },
        ),
      ),
      dot(points, { ...at, ...styled, symbol: ({ place }: Point) => seriesSymbol(place), r: 5 }),
      ...[false, true].map((isRight) =>
        text(
          labels.filter((point) => point.x > middle === isRight),
          {
            ...at,
            ...{
              text: "label",
              fill: "var(--ink)",
              textAnchor: isRight ? "end" : "start",
              dx: isRight ? -9 : 9,
              dy: -9,
            },
            ...{ stroke: "var(--surface)", strokeWidth: 4, fontSize: 12 },
          },
        ),
      ),
      tip(
        points,
        pointer({
          ...at,
          title: ({ label, name, ...point }: Point) =>
            `${label}, ${name}\n${x.title}: ${point.x.toFixed(2)}\n${y.title}: ${point.y.toFixed(2)}`,
        }),
      ),
    ],
  };
}

const figuresOf = ({ series, x, y }: ScatterPart): ChartFigures => ({
  titles: ["point", "series", x.title, y.title],
  rows: series.flatMap(({ name, points }) =>
    points.map((point) => [
      ...[point.label, name, point.x.toFixed(2)],
      figureText(point.interval ? [point.y, ...point.interval] : [point.y], 2),
    ]),
  ),
});
