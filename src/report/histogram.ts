import { coordinate, escaped, svgText } from "./markup.js";

export interface Histogram {
  readonly title: string;
  /** The title of the axis, with the unit. */
  readonly x: string;
  readonly values: readonly number[];
  /** The upper end of the axis; larger values are counted in the last bin, whose label has a +. */
  readonly most: number;
}

const [WIDTH, HEIGHT] = [760, 220];
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 24, 36, 48];
const BINS = 24;

/** Counts of values in equal bins from 0 on, as SVG text in the color of the text around it; bars have the class `mark`. */
export function histogram({ title, x, values, most }: Histogram): string {
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((value / most) * BINS)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  const highest = Math.max(1, ...counts);
  const width = (WIDTH - LEFT - RIGHT) / BINS;
  const bottom = HEIGHT - BOTTOM;
  const bars = counts.map((count, i) => {
    const height = ((bottom - TOP) * count) / highest;
    return `<rect class="mark" x="${coordinate(LEFT + i * width + 1)}" y="${coordinate(bottom - height)}" width="${coordinate(width - 2)}" height="${coordinate(height)}"/>`;
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    svgText(
      LEFT + share * (WIDTH - LEFT - RIGHT),
      bottom + 16,
      tickOf(share * most, share === 1),
      'text-anchor="middle"',
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12" fill="currentColor">`,
    `<title>${escaped(title)}</title>`,
    svgText(LEFT, 18, title, 'font-size="14" font-weight="600"'),
    ...bars,
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}" stroke="currentColor"/>`,
    svgText(LEFT - 6, TOP + 4, String(highest), 'text-anchor="end"'),
    svgText(LEFT - 6, bottom, "0", 'text-anchor="end"'),
    ...ticks,
    svgText((LEFT + WIDTH - RIGHT) / 2, bottom + 36, x, 'text-anchor="middle"'),
    "</svg>",
  ].join("\n");
}

const tickOf = (value: number, isLast: boolean): string => `${Number(value.toPrecision(3))}${isLast ? "+" : ""}`;
