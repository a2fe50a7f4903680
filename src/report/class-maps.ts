import { escaped } from "./markup.js";

/** A marked point of a plane, such as the image. */
export interface MapMark {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** A plane as each recognizer predicts it: a row of the figure. */
export interface MapRow {
  /** Lines beside the maps. */
  readonly title: readonly string[];
  /** Coordinates of columns and rows of the grid, ascending. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly marks: readonly MapMark[];
  /** By recognizer: the classes row by row, along ascending x, then y. */
  readonly maps: readonly (readonly number[])[];
}

export interface ClassMaps {
  readonly title: string;
  /** The axes with their unit. */
  readonly x: string;
  readonly y: string;
  /** The columns of the figure. */
  readonly recognizers: readonly string[];
  readonly rows: readonly MapRow[];
  nameOf(label: number): string;
}

/** Side of a map, and the space around it, in pixels. */
const [SIDE, GAP, LEFT, TOP, LEGEND, BOTTOM] = [150, 44, 240, 66, 230, 40];
const OTHER = "#c8c8c8";
/** Distinct colors (Okabe & Ito 2008, then Tableau 20 without grays). */
const COLORS = [
  ...["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#9467bd", "#8c564b", "#17becf"],
  ...["#aec7e8", "#ffbb78", "#98df8a", "#ff9896", "#c5b0d5", "#c49c94", "#f7b6d2", "#dbdb8d", "#9edae5", "#393b79"],
];

/**
 * Maps of predicted classes as SVG text: planes down, recognizers across. A class has the same color in the whole figure; the
 * classes of the largest areas have colors of their own, all others share gray.
 */
export function classMaps({ title, x, y, recognizers, rows, nameOf }: ClassMaps): string {
  const ranked = classesByArea(rows);
  const colors = new Map(ranked.slice(0, COLORS.length).map((label, i) => [label, COLORS[i] as string]));
  const width = LEFT + recognizers.length * (SIDE + GAP) + LEGEND;
  const height = Math.max(TOP + rows.length * (SIDE + GAP), TOP + 18 * (colors.size + 2)) + BOTTOM;
  const across = LEFT + (recognizers.length * (SIDE + GAP) - GAP) / 2;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(title)}</title>`, // for screen readers
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(30, 24, title, 'font-size="15"'),
    ...recognizers.map((name, i) => text(leftOf(i) + SIDE / 2, TOP - 10, name, 'text-anchor="middle" font-size="12"')),
    ...rows.flatMap((row, i) => rowParts(row, TOP + i * (SIDE + GAP), colors)),
    text(across, TOP + rows.length * (SIDE + GAP) + 8, x, 'text-anchor="middle"'),
    text(
      0,
      0,
      y,
      `text-anchor="middle" transform="translate(14 ${TOP + (rows.length * (SIDE + GAP)) / 2}) rotate(-90)"`,
    ),
    ...legend(leftOf(recognizers.length), colors, ranked.length, nameOf),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

const leftOf = (column: number): number => LEFT + column * (SIDE + GAP);

/** The classes of the figure, those of the largest area first; equal areas by class. */
function classesByArea(rows: readonly MapRow[]): number[] {
  const areas = new Map<number, number>();
  for (const { maps } of rows)
    for (const map of maps) for (const label of map) areas.set(label, (areas.get(label) ?? 0) + 1 / map.length);
  return [...areas].sort(([a, areaA], [b, areaB]) => areaB - areaA || a - b).map(([label]) => label);
}

function rowParts(row: MapRow, top: number, colors: ReadonlyMap<number, string>): string[] {
  const titles = row.title.map((line, i) => text(30, top + 14 + 14 * i, line, ""));
  return [...titles, ...row.maps.flatMap((map, i) => mapParts(row, map, leftOf(i), top, colors))];
}

/** One map with its frame, ticks and marks. The grid points are the centers of cells. */
function mapParts(
  { xs, ys, marks }: MapRow,
  map: readonly number[],
  left: number,
  top: number,
  colors: ReadonlyMap<number, string>,
): string[] {
  const [wide, high] = [SIDE / xs.length, SIDE / ys.length];
  const across = (value: number) => left + wide * (positionOf(value, xs) + 0.5);
  const up = (value: number) => top + SIDE - high * (positionOf(value, ys) + 0.5);
  const cells = runsOf(map, xs.length).map(({ row, start, length, label }) => {
    const place = `x="${round(left + wide * start)}" y="${round(top + SIDE - high * (row + 1))}"`;
    return `<rect ${place} width="${round(wide * length)}" height="${round(high)}" fill="${colors.get(label) ?? OTHER}"/>`;
  });
  const ticks = (values: readonly number[]) => [values[0] ?? 0, values.at(-1) ?? 0];
  return [
    `<g shape-rendering="crispEdges">`,
    ...cells,
    "</g>",
    `<rect x="${left}" y="${top}" width="${SIDE}" height="${SIDE}" fill="none" stroke="#404040"/>`,
    ...ticks(xs).map((tick) => text(across(tick), top + SIDE + 13, shown(tick), 'text-anchor="middle" font-size="9"')),
    ...ticks(ys).map((tick) => text(left - 4, up(tick) + 3, shown(tick), 'text-anchor="end" font-size="9"')),
    ...marks.flatMap((mark) => [
      `<circle cx="${round(across(mark.x))}" cy="${round(up(mark.y))}" r="4" fill="white" stroke="black" stroke-width="1.5"/>`,
      ...(mark.text ? [text(across(mark.x) + 6, up(mark.y) - 5, mark.text, 'font-size="10" font-weight="bold"')] : []),
    ]),
  ];
}

/** Runs of one class in each row of a map. */
function runsOf(map: readonly number[], width: number) {
  const runs: { row: number; start: number; length: number; label: number }[] = [];
  for (const [i, label] of map.entries()) {
    const [row, start] = [Math.floor(i / width), i % width];
    const last = runs.at(-1);
    if (last && last.row === row && last.label === label) last.length++;
    else runs.push({ row, start, length: 1, label });
  }
  return runs;
}

/** The place of a coordinate in units of the grid, from 0 for the first. */
function positionOf(value: number, line: readonly number[]): number {
  const [first = 0, last = 0] = [line[0], line.at(-1)];
  return last > first ? ((value - first) / (last - first)) * (line.length - 1) : (line.length - 1) / 2;
}

function legend(
  left: number,
  colors: ReadonlyMap<number, string>,
  classes: number,
  nameOf: ClassMaps["nameOf"],
): string[] {
  const others = classes - colors.size;
  const entries = [...colors].map(([label, color]) => [color, nameOf(label)] as const);
  if (others > 0) entries.push([OTHER, `${others} other ${others === 1 ? "class" : "classes"}`]);
  const marks = [
    `<circle cx="${left + 5}" cy="${TOP + 5}" r="4" fill="white" stroke="black" stroke-width="1.5"/>`,
    text(left + 16, TOP + 9, "an image", ""),
  ];
  const swatches = entries.flatMap(([color, name], i) => [
    `<rect x="${left}" y="${TOP + 18 * (i + 1)}" width="10" height="10" fill="${color}"/>`,
    text(left + 16, TOP + 18 * (i + 1) + 9, name, ""),
  ]);
  return [...marks, ...swatches];
}

const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escaped(content)}</text>`;

const round = (value: number): number => Math.round(100 * value) / 100;

const shown = (value: number): string => String(Number(value.toPrecision(3)));
