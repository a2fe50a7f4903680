import type { Boundaries, BoundarySetting } from "../analysis/boundaries.js";
import type { MeasurePrediction } from "../analysis/pair-measures.js";
import type { MeanInterval } from "../analysis/statistics.js";
import type {
  Column,
  Figure,
  FigureColumn,
  Part,
  PicturePart,
  ReportDocument,
  ScatterPart,
  Section,
  TablePart,
} from "./document.js";
import { textColumn } from "./evaluation-parts.js";
import { shortTitles } from "./judged-rows.js";
import { modelsTable, type ReportedModel } from "./setting-parts.js";

/** What a report of decision boundaries shows beside the measures. */
export interface BoundariesReportOptions {
  readonly predictions: readonly MeasurePrediction[];
  readonly models: readonly ReportedModel[];
  /** Maps of predicted classes as SVG texts, with their captions. */
  readonly maps: readonly { readonly caption: string; readonly svg: string }[];
  nameOf(label: number): string;
}

/** The report of an analysis of decision boundaries. */
export function boundariesReport(found: Boundaries, options: BoundariesReportOptions): ReportDocument {
  const { setting, recognizers, agreement } = found;
  const { maps, predictions, models, nameOf } = options;
  const data = `${setting.count} images of ${setting.folders.join(", ")}`;
  return {
    title: `Decision boundaries of ${recognizers.length} recognizers`,
    summary:
      `${setting.recognizers.join(", ")} on ${data}, ${setting.side} × ${setting.side} pixels, seed ${setting.seed}. ` +
      "Distances are root-mean-square changes in gray levels. Intervals are 95 %.",
    highlights: agreement.slice(0, 3).flatMap(({ a, b, kind, kappa }) =>
      kappa.mean === null
        ? []
        : [
            {
              label: `${a} and ${b}: agreement, ${planeText[kind]}`,
              value: `κ ${kappa.mean.toFixed(2)}`,
              ...(kappa.ci95 && {
                detail: `95 %: ${kappa.ci95.map((bound) => bound.toFixed(2)).join(" to ")}, ${kappa.n} planes`,
              }),
            },
          ],
    ),
    sections: [
      { title: "Distances", parts: distanceParts(found) },
      { title: "Agreement", parts: agreementParts(found) },
      ...(maps.length > 0 ? [{ title: "Maps", parts: maps.map(pictureOf) }] : []),
      ...(found.segments.length > 0 ? [{ title: "Between processors", parts: [segmentsTable(found)] }] : []),
      ...gainSection(predictions),
      { title: "All images", parts: [imagesTable(found, nameOf)] },
      { title: "What was measured", parts: [factsOf(setting), ...modelsTable(models)] },
    ],
  };
}

const planeText = { gradient: "planes along the gradient", triple: "planes through three images" } as const;

const figureOf = ({ mean, ci95 }: MeanInterval, factor = 1): Figure =>
  mean === null ? null : ci95 ? [factor * mean, factor * ci95[0], factor * ci95[1]] : [factor * mean];

const meanColumn = (
  title: string,
  unit: string,
  values: readonly MeanInterval[],
  digits: number,
  factor = 1,
): FigureColumn => ({
  ...{ kind: "figure", title, unit, digits, values: values.map((value) => figureOf(value, factor)) },
});

const numberColumn = (title: string, values: readonly (number | null)[], digits: number): Column => ({
  ...{ kind: "number", title, values, digits },
});

function distanceParts({ recognizers, distances, inter_boundary: between, images, setting }: Boundaries): Part[] {
  return [
    {
      kind: "table",
      caption: "Recognizers on the clean images",
      columns: [
        textColumn(
          "recognizer",
          recognizers.map(({ recognizer }) => recognizer),
        ),
        numberColumn(
          "top-1 (%)",
          recognizers.map(({ top1 }) => top1),
          1,
        ),
        meanColumn(
          "margin of scores",
          "margin",
          recognizers.map(({ margin }) => margin),
          2,
        ),
      ],
    },
    {
      kind: "table",
      caption: "Distance to the boundary, of images that are classified correctly",
      columns: [
        textColumn(
          "recognizer",
          distances.map(({ recognizer }) => recognizer),
        ),
        textColumn(
          "direction",
          distances.map(({ direction }) => direction),
        ),
        meanColumn(
          "mean (gray levels)",
          "gray levels",
          distances.map(({ gray_levels }) => gray_levels),
          3,
        ),
        {
          ...numberColumn(
            "median",
            distances.map(({ median }) => median),
            3,
          ),
          none: `above ${setting.maximum}`,
        } as Column,
        numberColumn(
          "found",
          distances.map((row) => row.found),
          0,
        ),
        numberColumn(
          "images",
          distances.map((row) => row.images),
          0,
        ),
      ],
      note: "The mean is over the boundaries that were found; the median counts the others as larger.",
    },
    ...nearestScatter(images, setting),
    ...(between.length > 0
      ? [
          {
            ...({ kind: "table", caption: "Inter-boundary distances" } as const),
            columns: [
              textColumn(
                "recognizers",
                between.map(({ a, b }) => `${a} and ${b}`),
              ),
              textColumn(
                "direction",
                between.map(({ direction }) => direction),
              ),
              meanColumn("mean (gray levels)", "gray levels", between, 3),
              numberColumn(
                "images",
                between.map(({ n }) => n),
                0,
              ),
            ],
          },
        ]
      : []),
  ];
}

/** The nearest boundary of each image: of the first recognizer against those of the others. */
function nearestScatter(
  images: Boundaries["images"],
  { recognizers, l2_per_gray_level: unit }: BoundarySetting,
): ScatterPart[] {
  const [first = "", ...others] = recognizers;
  const titles = shortTitles(images.map(({ file }) => file));
  const series = others.map((name) => ({
    name,
    points: images.flatMap(({ recognizers: found }, i) => {
      const [x, y] = [found[first]?.nearest, found[name]?.nearest];
      return typeof x === "number" && typeof y === "number"
        ? [{ x: x / unit, y: y / unit, label: titles[i] ?? "" }]
        : [];
    }),
  }));
  const count = series.reduce((sum, { points }) => sum + points.length, 0);
  if (count === 0) return [];
  return [
    {
      kind: "scatter",
      caption: `Distance to the nearest boundary by image, ${first} against others`,
      x: { title: `${first} (gray levels)` },
      y: { title: others.length === 1 ? `${others[0]} (gray levels)` : "other recognizer (gray levels)" },
      series,
      labeled: false,
      note: "Images that both classify correctly and whose boundaries were found.",
    },
  ];
}

function agreementParts({ agreement, gradient_cosine: cosines, fragmentation }: Boundaries): Part[] {
  const tables: (TablePart | undefined)[] = [
    agreement.length === 0
      ? undefined
      : {
          kind: "table",
          caption: "Agreement of predicted classes on planes",
          columns: [
            textColumn(
              "recognizers",
              agreement.map(({ a, b }) => `${a} and ${b}`),
            ),
            textColumn(
              "planes",
              agreement.map(({ kind }) => planeText[kind]),
            ),
            meanColumn(
              "κ",
              "kappa",
              agreement.map(({ kappa }) => kappa),
              3,
            ),
            meanColumn(
              "raw (%)",
              "%",
              agreement.map(({ raw }) => raw),
              1,
              100,
            ),
            numberColumn(
              "planes with κ",
              agreement.map(({ kappa }) => kappa.n),
              0,
            ),
            numberColumn(
              "planes",
              agreement.map(({ raw }) => raw.n),
              0,
            ),
          ],
          note: "κ (Cohen) is the agreement beyond chance.",
        },
    cosines.length === 0
      ? undefined
      : {
          kind: "table",
          caption: "Cosine of loss gradients",
          columns: [
            textColumn(
              "recognizers",
              cosines.map(({ a, b }) => `${a} and ${b}`),
            ),
            { ...meanColumn("mean", "cosine", cosines, 3), reference: 0 },
            numberColumn(
              "images",
              cosines.map(({ n }) => n),
              0,
            ),
          ],
        },
    fragmentation.length === 0
      ? undefined
      : {
          kind: "table",
          caption: "Regions of one class on a plane",
          columns: [
            textColumn(
              "recognizer",
              fragmentation.map(({ recognizer }) => recognizer),
            ),
            textColumn(
              "planes",
              fragmentation.map(({ kind }) => planeText[kind]),
            ),
            meanColumn("mean", "regions", fragmentation, 2),
          ],
        },
  ];
  const shown = tables.filter((table) => table !== undefined);
  return shown.length > 0
    ? shown
    : [{ kind: "text", lines: ["One recognizer alone, and no planes: there is nothing to compare."] }];
}

const pictureOf = ({ caption, svg }: { readonly caption: string; readonly svg: string }): PicturePart => ({
  ...{ kind: "picture", caption, image: `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}` },
});

const segmentsTable = ({ segments }: Boundaries): TablePart => ({
  kind: "table",
  caption: "From the images of one processor to those of another",
  columns: [
    textColumn(
      "from",
      segments.map(({ from }) => from),
    ),
    textColumn(
      "to",
      segments.map(({ to }) => to),
    ),
    textColumn(
      "recognizer",
      segments.map(({ recognizer }) => recognizer),
    ),
    {
      ...meanColumn(
        "cosine with the negative gradient",
        "cosine",
        segments.map(({ cosine }) => cosine),
        4,
      ),
      reference: 0,
    },
    numberColumn(
      "changed",
      segments.map(({ changed }) => changed),
      0,
    ),
    numberColumn(
      "helpful",
      segments.map(({ helpful }) => helpful),
      0,
    ),
    numberColumn(
      "harmful",
      segments.map(({ harmful }) => harmful),
      0,
    ),
    meanColumn(
      "first change",
      "share",
      segments.map(({ change }) => change),
      2,
    ),
    numberColumn(
      "images",
      segments.map(({ images }) => images),
      0,
    ),
  ],
});

/** How well measures predict gains, with a plot for each measure that has points. */
function gainSection(predictions: readonly MeasurePrediction[]): Section[] {
  if (predictions.length === 0) return [];
  return [
    { title: "Prediction of transfer gains", parts: [gainsTable(predictions), ...predictions.flatMap(gainScatter)] },
  ];
}

const gainsTable = (predictions: readonly MeasurePrediction[]): TablePart => ({
  kind: "table",
  caption: "Rank correlation of measures with gains",
  columns: [
    textColumn(
      "measure",
      predictions.map(({ measure }) => measure),
    ),
    textColumn(
      "gains",
      predictions.map(({ table }) => table),
    ),
    {
      ...{ kind: "figure", title: "Spearman", digits: 2, unit: "correlation", reference: 0, signed: true },
      values: predictions.map(
        ({ spearman, ci95 }): Figure => (spearman === null ? null : ci95 ? [spearman, ...ci95] : [spearman]),
      ),
    },
    numberColumn(
      "pairs",
      predictions.map(({ pairs }) => pairs),
      0,
    ),
    numberColumn(
      "unknown",
      predictions.map(({ unknown }) => unknown),
      0,
    ),
    numberColumn(
      "error of a line",
      predictions.map((row) => row.leave_one_target_out),
      2,
    ),
    numberColumn(
      "error of the mean",
      predictions.map((row) => row.mean_error),
      2,
    ),
  ],
  note: "Errors are mean absolute errors in points of top-1 when the pairs of one target are predicted from those of the others.",
});

function gainScatter({ measure, table, points }: MeasurePrediction): ScatterPart[] {
  if (points.length === 0) return [];
  const sources = [...new Set(points.map(({ source }) => source))];
  return [
    {
      kind: "scatter",
      caption: `${measure} against gain (${table})`,
      x: { title: measure },
      y: { title: "gain over plain (points)" },
      series: sources.map((source) => ({
        name: source,
        points: points
          .filter((point) => point.source === source)
          .map(({ measure: x, gain: y, target: label }) => ({ x, y, label })),
      })),
    },
  ];
}

/** The report of gains that are predicted from measures of an earlier run. */
export const gainsReport = (predictions: readonly MeasurePrediction[], seed: number): ReportDocument => ({
  title: "Prediction of transfer gains",
  summary: `${new Set(predictions.map(({ table }) => table)).size} tables of gains, ${new Set(predictions.map(({ measure }) => measure)).size} measures, seed ${seed}. Intervals are 95 %.`,
  highlights: [],
  sections: gainSection(predictions),
});

/** What each recognizer predicts for each clean image, and the distance to its nearest boundary. */
function imagesTable({ images, setting }: Boundaries, nameOf: (label: number) => string): TablePart {
  const { recognizers, l2_per_gray_level: unit } = setting;
  return {
    kind: "table",
    caption: `Nearest boundaries of ${images.length} images`,
    columns: [
      textColumn("image", shortTitles(images.map(({ file }) => file))),
      textColumn(
        "class",
        images.map(({ label }) => nameOf(label)),
      ),
      ...recognizers.flatMap((name) => [
        textColumn(
          `${name}: predicted`,
          images.map(({ recognizers: found }) => nameOf(found[name]?.predicted ?? -1)),
        ),
        numberColumn(
          `${name}: nearest (gray levels)`,
          images.map(({ recognizers: found }) => {
            const nearest = found[name]?.nearest;
            return typeof nearest === "number" ? nearest / unit : null;
          }),
          3,
        ),
      ]),
    ],
    note: "–: the image is misclassified, or no boundary was found.",
  };
}

const factsOf = (setting: BoundarySetting): Part => ({
  kind: "facts",
  facts: [
    ["Images", `${setting.count} of ${setting.folders.join(", ")}, ${setting.side} × ${setting.side} pixels`],
    ["Recognizers", setting.recognizers.join(", ")],
    [
      "Distances",
      `from ${setting.first} by doubling up to ${setting.maximum} gray levels, then narrowed to ${setting.tolerance} of the distance; one gray level is an L2 norm of ${setting.l2_per_gray_level.toFixed(3)}`,
    ],
    [
      "Planes",
      `${setting.planes} images, ${setting.grid} × ${setting.grid} points, ± ${setting.extent} gray levels along gradients`,
    ],
    ...(setting.processors.length > 0 ? [["Processors", setting.processors.join(", ")] as const] : []),
    ["Intervals", "95 %: a bootstrap over images or planes"],
    ["Seed", String(setting.seed)],
    ...(setting.skipped.length > 0
      ? [["Left out", setting.skipped.map(({ file, reason }) => `${file}: ${reason}`).join("; ")] as const]
      : []),
  ],
});
