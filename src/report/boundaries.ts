import { basename } from "node:path";
import type { Boundaries, BoundarySetting } from "../analysis/boundaries.js";
import type { MeasuredPlane, PlaneKind } from "../analysis/measured-planes.js";
import type { MeasurePrediction } from "../analysis/pair-measures.js";
import type { MeanInterval } from "../analysis/statistics.js";
import { markdownTable } from "../evaluation/table.js";
import { markdownText } from "../printable.js";
import { classMaps } from "./class-maps.js";
import { scatterPlot } from "./scatter.js";

/** Planes that a figure shows. */
const SHOWN = 6;
const UNIT = "RMS change, gray levels";

/**
 * The figure of one kind of plane as SVG text: the first six planes, one column for each recognizer.
 * @returns undefined if there is no such plane.
 */
export function planesFigure(
  kind: PlaneKind,
  { planes, setting: { recognizers } }: Pick<Boundaries, "planes" | "setting">,
  nameOf: (label: number) => string,
): string | undefined {
  const shown = planes.filter((plane) => plane.kind === kind).slice(0, SHOWN);
  if (shown.length === 0) return undefined;
  const first = recognizers[0] ?? "";
  return classMaps({
    title:
      kind === "gradient"
        ? `Predicted classes around images: along the loss gradient of ${first}, and a random orthogonal direction`
        : "Predicted classes on planes through three images",
    x: kind === "gradient" ? `along the loss gradient of ${first} (${UNIT})` : `from image 1 towards image 2 (${UNIT})`,
    y: kind === "gradient" ? `random orthogonal direction (${UNIT})` : `orthogonal, towards image 3 (${UNIT})`,
    recognizers,
    nameOf,
    rows: shown.map(({ marks, xs, ys, maps }) => ({
      title: marks.flatMap(({ file, label }, i) => [
        `${marks.length > 1 ? `${i + 1} ` : ""}${shortened(basename(file))}`,
        `  ${shortened(nameOf(label))}`,
      ]),
      ...{ xs, ys },
      marks: marks.map(({ x, y }, i) => ({ x, y, text: marks.length > 1 ? String(i + 1) : "" })),
      maps: recognizers.map((name) => maps[name] ?? []),
    })),
  });
}

const shortened = (text: string): string => (text.length > 22 ? `…${text.slice(-21)}` : text);

/** The plot of a measure against the gains, with a color for each source, as SVG text. */
export function predictionPlot({ measure, table, points, spearman, ci95 }: MeasurePrediction): string {
  const sources = [...new Set(points.map(({ source }) => source))];
  const interval = ci95 ? ` [${ci95.map((bound) => bound.toFixed(2)).join(", ")}]` : "";
  return scatterPlot({
    title: `${measure}: rank correlation ${spearman?.toFixed(2) ?? "undefined"}${interval} (${shortened(table)})`,
    x: measure,
    y: "gain over plain, points of top-1",
    series: sources.map((source) => ({
      name: source,
      points: points
        .filter((point) => point.source === source)
        .map((point) => ({ x: point.measure, y: point.gain, label: point.target, onLine: false })),
    })),
  });
}

/** A file name for the plot of a measure. */
export const predictionFile = ({ measure }: MeasurePrediction, table: number): string =>
  `gain-${table + 1}-${measure.replaceAll(/[^a-z]+/gi, "-").toLowerCase()}.svg`;

/** The result as JSON: maps are one text for each row of the grid, classes separated by spaces, rows along ascending y. */
export function boundariesJson(found: Boundaries, predictions: readonly MeasurePrediction[]): string {
  const planes = found.planes.map(({ maps, ...plane }) => ({
    ...plane,
    maps: Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, rowsOf(map, plane)])),
  }));
  return `${JSON.stringify({ ...found, planes, gain_prediction: predictions }, null, 2)}\n`;
}

const rowsOf = (map: readonly number[], { xs, ys }: Pick<MeasuredPlane, "xs" | "ys">): string[] =>
  ys.map((_, row) => map.slice(row * xs.length, (row + 1) * xs.length).join(" "));

/** The page of an analysis: its setting and every table, as Markdown. */
export function boundariesPage(found: Boundaries, predictions: readonly MeasurePrediction[]): string {
  return `${[
    "# Decision boundaries",
    settingText(found.setting),
    ...tables(found),
    ...(predictions.length > 0 ? [predictionText, predictionTable(predictions)] : []),
  ].join("\n\n")}\n`;
}

function settingText({ recognizers, folders, count, side, first, maximum, ...rest }: BoundarySetting): string {
  return (
    `${recognizers.map(markdownText).join(", ")} on ${count} images of ${markdownText(folders.join(", "))}, ` +
    `${side} x ${side} pixels, seed ${rest.seed}. Distances are root-mean-square changes of a value in gray levels (255 is white); ` +
    `one gray level is an L2 norm of ${rest.l2_per_gray_level.toFixed(3)} in RGB of [0, 1]. They are searched from ${first} by doubling up to ` +
    `${maximum}, then narrowed to ${rest.tolerance} of the distance. Points may leave [0, 1]. Images that a recognizer misclassifies are left out. ` +
    `Planes: ${rest.planes} images, ${rest.grid} x ${rest.grid} points, ± ${rest.extent} along gradients. Intervals are 95 %, a bootstrap over images or planes.`
  );
}

/** The tables for people, also on a terminal. */
export function tables(found: Boundaries): string[] {
  const { recognizers, distances, inter_boundary, gradient_cosine, agreement, fragmentation, segments } = found;
  const part = (rows: readonly unknown[], head: string[], body: string[][]) =>
    rows.length > 0 ? [markdownTable(head, body)] : [];
  return [
    ...part(
      recognizers,
      ["recognizer", "top-1 (%)", "margin of scores"],
      recognizers.map((row) => [row.recognizer, row.top1.toFixed(1), meanText(row.margin, 2)]),
    ),
    ...part(
      distances,
      ["distance to the boundary of", "direction", "mean (gray levels)", "median", "found"],
      distances.map((row) => [
        ...[row.recognizer, row.direction, meanText(row.gray_levels, 3)],
        ...[row.median?.toFixed(3) ?? "above", `${row.found} of ${row.images}`],
      ]),
    ),
    ...part(
      inter_boundary,
      ["inter-boundary distance of", "and", "direction", "mean (gray levels)", "images"],
      inter_boundary.map((row) => [row.a, row.b, row.direction, meanText(row, 3), String(row.n)]),
    ),
    ...part(
      gradient_cosine,
      ["cosine of loss gradients of", "and", "mean", "images"],
      gradient_cosine.map((row) => [row.a, row.b, meanText(row, 3), String(row.n)]),
    ),
    ...part(
      agreement,
      ["agreement of", "and", "planes", "kappa", "defined", "raw (%)"],
      agreement.map(({ a, b, kind, kappa, raw }) => [
        ...[a, b, kindText[kind], meanText(kappa, 3), `${kappa.n} of ${raw.n}`, meanText(raw, 1, 100)],
      ]),
    ),
    ...part(
      fragmentation,
      ["regions on a plane", "planes", "mean"],
      fragmentation.map((row) => [row.recognizer, kindText[row.kind], meanText(row, 2)]),
    ),
    ...part(
      segments,
      [
        "from",
        "to",
        "recognizer",
        "cosine with the negative gradient",
        "changed",
        "helpful",
        "harmful",
        "first change",
      ],
      segments.map((row) => [
        ...[row.from, row.to, row.recognizer, meanText(row.cosine, 4), `${row.changed} of ${row.images}`],
        ...[String(row.helpful), String(row.harmful), meanText(row.change, 2)],
      ]),
    ),
  ];
}

const kindText: Readonly<Record<PlaneKind, string>> = { gradient: "gradient", triple: "three images" };

const predictionText =
  "## Does agreement predict the gain?\n\nPairs of a source and another target. Spearman's rank correlation of each measure with the gain; its interval is " +
  "a bootstrap that resamples sources and targets. Errors are mean absolute errors in points of top-1 when the pairs of one " +
  "target are predicted from those of the others: by a line, and by their mean.";

/** The table of predictions. */
export const predictionTable = (predictions: readonly MeasurePrediction[]): string =>
  markdownTable(
    ["measure", "table", "pairs", "unknown", "rank correlation", "error of a line", "error of the mean"],
    predictions.map((row) => [
      ...[row.measure, row.table, String(row.pairs), String(row.unknown)],
      row.spearman === null ? "" : `${row.spearman.toFixed(2)}${intervalText(row.ci95, 2)}`,
      ...[row.leave_one_target_out?.toFixed(2) ?? "", row.mean_error?.toFixed(2) ?? ""],
    ]),
  );

const meanText = ({ mean, ci95 }: MeanInterval, digits: number, factor = 1): string =>
  mean === null ? "" : `${(factor * mean).toFixed(digits)}${intervalText(ci95, digits, factor)}`;

const intervalText = (ci95: readonly number[] | null, digits: number, factor = 1): string =>
  ci95 ? ` [${ci95.map((bound) => (factor * bound).toFixed(digits)).join(", ")}]` : "";
