import { coordinate, escaped, svgText } from "./markup.js";

/** A figure with its interval; without limits a point alone. */
export interface PlottedInterval {
  readonly label: string;
  readonly value: number;
  readonly low?: number | null;
  readonly high?: number | null;
  /** Hollow: a figure that is not the main one. */
  readonly secondary?: boolean;
}

export interface IntervalPlot {
  readonly title: string;
  /** The title of the axis. */
  readonly x: string;
  /** The ends of the axis. */
  readonly range: readonly [low: number, high: number];
  /** A value that is marked by a dashed line, such as that of no difference. */
  readonly reference: number;
  readonly rows: readonly PlottedInterval[];
  /** A value of the axis as text. */
  format(value: number): string;
}

const WIDTH = 760;
/** Pixels on the left for labels, of ROW-high lines. */
const LEFT = 210;
const [RIGHT, TOP, BOTTOM] = [24, 36, 48];
/** Letters of a label that there is room for. */
const LONGEST = 30;

/**
 * Intervals one below the other, as SVG text. Colors are those of the text around it, so that it can be read on a light and on a
 * dark page; marks have the class `mark`.
 */
export function intervalPlot({ title, x, range, reference, rows, format }: IntervalPlot): string {
  const row = rows.length > 40 ? 14 : 22;
  const bottom = TOP + row * rows.length;
  const height = bottom + BOTTOM;
  const at = (value: number) => {
    const share = (value - range[0]) / (range[1] - range[0]);
    return coordinate(LEFT + Math.min(1, Math.max(0, share)) * (WIDTH - LEFT - RIGHT));
  };
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => range[0] + share * (range[1] - range[0]));
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="sans-serif" font-size="12" fill="currentColor">`,
    `<title>${escaped(title)}</title>`,
    svgText(LEFT, 18, title, 'font-size="14" font-weight="600"'),
    ...ticks.map((tick) => line(at(tick), TOP, at(tick), bottom, 'stroke-opacity="0.15"')),
    ...ticks.map((tick) => svgText(at(tick), bottom + 16, format(tick), 'text-anchor="middle"')),
    svgText((LEFT + WIDTH - RIGHT) / 2, bottom + 36, x, 'text-anchor="middle"'),
    line(at(reference), TOP, at(reference), bottom, 'stroke-dasharray="4 3"'),
    ...rows.flatMap((each, i) => rowOf(each, TOP + row * (i + 0.5), at)),
    "</svg>",
  ];
  return parts.join("\n");
}

function rowOf(
  { label, value, low, high, secondary = false }: PlottedInterval,
  y: number,
  at: (value: number) => number,
) {
  const short = label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label;
  const fill = secondary ? 'fill="none"' : 'fill="currentColor"';
  const isBounded = low !== undefined && low !== null && high !== undefined && high !== null;
  return [
    svgText(LEFT - 10, y + 4, short, 'text-anchor="end"'),
    ...(isBounded ? [line(at(low), y, at(high), y, 'class="mark" stroke-width="2"')] : []),
    `<circle cx="${at(value)}" cy="${coordinate(y)}" r="4" class="mark" stroke="currentColor" ${fill}/>`,
  ];
}

const line = (x1: number, y1: number, x2: number, y2: number, attributes: string): string =>
  `<line x1="${coordinate(x1)}" y1="${coordinate(y1)}" x2="${coordinate(x2)}" y2="${coordinate(y2)}" stroke="currentColor" ${attributes}/>`;
