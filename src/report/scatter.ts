import { coordinate, escaped, svgText } from "./markup.js";

/** Points in one color, with a line from left to right. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Written beside the point. */
  readonly label: string;
  /** Whether the line of the series passes through the point. */
  readonly onLine: boolean;
}

export interface ScatterPlot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [860, 480];
/** Margins in pixels; the right one contains the legend. */
const MARGIN = { left: 64, right: 212, top: 48, bottom: 56 };
/** Distinct to color-blind readers (Okabe & Ito 2008). */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const TICKS = 6;

/** A scatter plot with a line through the marked points of each series, as SVG text. */
export function scatterPlot({ title, x, y, series }: ScatterPlot): string {
  const points = series.flatMap((each) => each.points);
  const across = axisOf(
    points.map((point) => point.x),
    MARGIN.left,
    WIDTH - MARGIN.right,
  );
  const up = axisOf(
    points.map((point) => point.y),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  );
  const middle = (MARGIN.left + WIDTH - MARGIN.right) / 2;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`, // for screen readers
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    svgText(middle, 20, title, 'text-anchor="middle" font-size="15"'),
    ...across.ticks.flatMap((tick) => gridLine(across.at(tick), across.at(tick), MARGIN.top, HEIGHT - MARGIN.bottom)),
    ...across.ticks.map((tick) =>
      svgText(across.at(tick), HEIGHT - MARGIN.bottom + 18, across.format(tick), 'text-anchor="middle"'),
    ),
    ...up.ticks.flatMap((tick) => gridLine(MARGIN.left, WIDTH - MARGIN.right, up.at(tick), up.at(tick))),
    ...up.ticks.map((tick) => svgText(MARGIN.left - 8, up.at(tick) + 4, up.format(tick), 'text-anchor="end"')),
    svgText(middle, HEIGHT - 14, x, 'text-anchor="middle"'),
    svgText(0, 0, y, `text-anchor="middle" transform="translate(18 ${HEIGHT / 2}) rotate(-90)"`),
    ...series.flatMap((each, i) => marksOf(each, COLORS[i % COLORS.length] as string, i, across, up)),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

interface Axis {
  readonly ticks: readonly number[];
  /** The coordinate of a value in the SVG. */
  at(value: number): number;
  format(tick: number): string;
}

/** An axis from coordinate `start` to `end` for these values, with ticks at multiples of 1, 2 or 5 times a power of ten. */
function axisOf(values: readonly number[], start: number, end: number): Axis {
  const finite = values.filter(Number.isFinite);
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const [low, high] = least < most ? [least, most] : [least - 1, least + 1];
  const raw = (high - low) / (TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10) * power;
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
    at: (value) => start + ((value / step - first) / (last - first)) * (end - start),
    format: (tick) => tick.toFixed(digits),
  };
}

function marksOf({ name, points }: Series, color: string, index: number, across: Axis, up: Axis): string[] {
  const line = points.filter(({ onLine }) => onLine).sort((a, b) => a.x - b.x);
  const path = line.map((point) => `${coordinate(across.at(point.x))},${coordinate(up.at(point.y))}`).join(" ");
  const [left, top] = [WIDTH - MARGIN.right + 44, MARGIN.top + 18 * index];
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`,
    ...points.flatMap(({ x, y, label, onLine }) => [
      `<circle cx="${coordinate(across.at(x))}" cy="${coordinate(up.at(y))}" r="4" stroke="${color}" fill="${onLine ? color : "white"}"/>`,
      svgText(across.at(x) + 7, up.at(y) - 6, label, `fill="${color}" font-size="10"`),
    ]),
    `<rect x="${left}" y="${top}" width="10" height="10" fill="${color}"/>`,
    svgText(left + 16, top + 10, name, ""),
  ];
}

const gridLine = (x1: number, x2: number, y1: number, y2: number): string =>
  `<line x1="${coordinate(x1)}" x2="${coordinate(x2)}" y1="${coordinate(y1)}" y2="${coordinate(y2)}" stroke="#e0e0e0"/>`;
