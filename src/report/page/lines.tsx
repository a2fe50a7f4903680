import { areaY, dot, line, type PlotOptions, pointerX, ruleX, tip } from "@observablehq/plot";
import { useMemo } from "preact/hooks";
import { APART, Chart, type ChartFigures, seriesColor, seriesSymbol } from "../../widgets/chart.js";
import type { LinesPart } from "../document.js";
import { Legend } from "./legend.js";
import { figureText } from "./numbers.js";

/** Points of a curve that have marks of their own; more are a line alone. */
const MARKED = 20;

/** Curves with bands of their intervals. */
export function LinesView({ part }: { readonly part: LinesPart }) {
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

function optionsOf({ series, x, y }: LinesPart): PlotOptions {
  const points = series.flatMap(({ name, points: own }, place) => own.map((point) => ({ ...point, name, place })));
  type Point = (typeof points)[number];
  const at = { x: "x", y: "y" } as const;
  const color = ({ place }: Point) => seriesColor(place);
  const low = ({ interval }: Point) => interval?.[0];
  const high = ({ interval }: Point) => interval?.[1];
  const bounded = points.filter(({ interval }) => interval);
  const marked = series.every(({ points: own }) => own.length <= MARKED);
  return {
    ...{ height: 320, marginLeft: 60, marginBottom: 48, grid: true, inset: 12 },
    x: {
      ...{ label: x.title, labelAnchor: "center", labelArrow: "none" },
      ...(x.scale === "points" && { type: "point", domain: series[0]?.points.map((point) => point.x) ?? [] }),
    },
    y: { label: y.title, labelArrow: "none", nice: true, ...(y.scale && { type: y.scale }) },
    color: { type: "identity" },
    symbol: { type: "identity" },
    marks: [
      ...(marked
        ? series.map((_, place) =>
            ruleX(
              bounded.filter((point) => point.place === place),
              {
                ...{ x: "x", y1: low, y2: high, stroke: seriesColor(place), strokeOpacity: 0.45, strokeWidth: 2 },
                dx: APART * (place - (series.length - 1) / 2),
              },
            ),
          )
        : [areaY(bounded, { x: "x", y1: low, y2: high, z: "name", fill: color, fillOpacity: 0.15 })]),
      line(points, { ...at, z: "name", stroke: color, strokeWidth: 1.75 }),
      ...(marked
        ? [dot(points, { ...at, fill: color, symbol: ({ place }: Point) => seriesSymbol(place), r: 4.5 })]
        : []),
      tip(
        points,
        pointerX({
          ...at,
          title: (point: Point) => `${point.name}\n${x.title}: ${point.x}\n${y.title}: ${point.y.toPrecision(5)}`,
        }),
      ),
    ],
  };
}

const figuresOf = ({ series, x, y }: LinesPart): ChartFigures => ({
  titles: ["series", x.title, y.title],
  rows: series.flatMap(({ name, points }) =>
    points.map((point) => [
      ...[name, point.x],
      figureText(point.interval ? [point.y, ...point.interval] : [point.y], 3),
    ]),
  ),
});
