import type { Boundaries, BoundarySetting } from "../analysis/boundaries.js";
import type { MeasurePrediction } from "../analysis/pair-measures.js";
import type { MeanInterval } from "../analysis/statistics.js";
import { columnsOf, figureOf } from "./columns.js";
import type { Figure, Part, PicturePart, ReportDocument, ScatterPart, TablePart } from "./document.js";
import { gainSection } from "./gains-report.js";
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
    highlights: agreement.slice(0, 3).flatMap(({ kind, kappa, ...pair }) =>
      kappa.mean === null
        ? []
        : [
            {
              label: `${pairOf(pair)}: agreement, ${planeText[kind]}`,
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

const meanOf = ({ mean, ci95 }: MeanInterval): Figure => figureOf({ value: mean, ci95 });

const percentOf = ({ mean, ci95 }: MeanInterval): Figure =>
  figureOf({ value: mean === null ? null : 100 * mean, ci95: ci95 && [100 * ci95[0], 100 * ci95[1]] });

const pairOf = ({ a, b }: { readonly a: string; readonly b: string }): string => `${a} and ${b}`;

function distanceParts(found: Boundaries): Part[] {
  return [
    recognizersTable(found),
    distancesTable(found),
    ...nearestScatter(found.images, found.setting),
    ...(found.inter_boundary.length > 0 ? [betweenTable(found)] : []),
  ];
}

function recognizersTable({ recognizers }: Boundaries): TablePart {
  const column = columnsOf(recognizers);
  return {
    kind: "table",
    caption: "Recognizers on the clean images",
    columns: [
      column.text("recognizer", ({ recognizer }) => recognizer),
      column.number("top-1 (%)", ({ top1 }) => top1, 1),
      column.figure("margin of scores", "margin", ({ margin }) => meanOf(margin), 2),
    ],
  };
}

function distancesTable({ distances, setting }: Boundaries): TablePart {
  const column = columnsOf(distances);
  return {
    kind: "table",
    caption: "Distance to the boundary, of images that are classified correctly",
    columns: [
      column.text("recognizer", ({ recognizer }) => recognizer),
      column.text("direction", ({ direction }) => direction),
      column.figure("mean (gray levels)", "gray levels", ({ gray_levels }) => meanOf(gray_levels), 3),
      { ...column.number("median", ({ median }) => median, 3), none: `above ${setting.maximum}` },
      column.number("found", (row) => row.found),
      column.number("images", (row) => row.images),
    ],
    note: "The mean is over the boundaries that were found; the median counts the others as larger.",
  };
}

function betweenTable({ inter_boundary: between }: Boundaries): TablePart {
  const column = columnsOf(between);
  return {
    kind: "table",
    caption: "Inter-boundary distances",
    columns: [
      column.text("recognizers", pairOf),
      column.text("direction", ({ direction }) => direction),
      column.figure("mean (gray levels)", "gray levels", meanOf, 3),
      column.number("images", ({ n }) => n),
    ],
  };
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

function agreementParts(found: Boundaries): Part[] {
  const shown = [
    ...(found.agreement.length > 0 ? [agreementTable(found)] : []),
    ...(found.gradient_cosine.length > 0 ? [cosinesTable(found)] : []),
    ...(found.fragmentation.length > 0 ? [fragmentationTable(found)] : []),
  ];
  return shown.length > 0
    ? shown
    : [{ kind: "text", lines: ["One recognizer alone, and no planes: there is nothing to compare."] }];
}

function agreementTable({ agreement }: Boundaries): TablePart {
  const column = columnsOf(agreement);
  return {
    kind: "table",
    caption: "Agreement of predicted classes on planes",
    columns: [
      column.text("recognizers", pairOf),
      column.text("planes", ({ kind }) => planeText[kind]),
      column.figure("κ", "kappa", ({ kappa }) => meanOf(kappa), 3),
      column.figure("raw (%)", "%", ({ raw }) => percentOf(raw)),
      column.number("planes with κ", ({ kappa }) => kappa.n),
      column.number("planes", ({ raw }) => raw.n),
    ],
    note: "κ (Cohen) is the agreement beyond chance.",
  };
}

function cosinesTable({ gradient_cosine: cosines }: Boundaries): TablePart {
  const column = columnsOf(cosines);
  return {
    kind: "table",
    caption: "Cosine of loss gradients",
    columns: [
      column.text("recognizers", pairOf),
      { ...column.figure("mean", "cosine", meanOf, 3), reference: 0 },
      column.number("images", ({ n }) => n),
    ],
  };
}

function fragmentationTable({ fragmentation }: Boundaries): TablePart {
  const column = columnsOf(fragmentation);
  return {
    kind: "table",
    caption: "Regions of one class on a plane",
    columns: [
      column.text("recognizer", ({ recognizer }) => recognizer),
      column.text("planes", ({ kind }) => planeText[kind]),
      column.figure("mean", "regions", meanOf, 2),
    ],
  };
}

const pictureOf = ({ caption, svg }: { readonly caption: string; readonly svg: string }): PicturePart => ({
  ...{ kind: "picture", caption, image: `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}` },
});

function segmentsTable({ segments }: Boundaries): TablePart {
  const column = columnsOf(segments);
  return {
    kind: "table",
    caption: "From the images of one processor to those of another",
    columns: [
      column.text("from", ({ from }) => from),
      column.text("to", ({ to }) => to),
      column.text("recognizer", ({ recognizer }) => recognizer),
      {
        ...column.figure("cosine with the negative gradient", "cosine", ({ cosine }) => meanOf(cosine), 4),
        reference: 0,
      },
      column.number("changed", ({ changed }) => changed),
      column.number("helpful", ({ helpful }) => helpful),
      column.number("harmful", ({ harmful }) => harmful),
      column.figure("first change", "share", ({ change }) => meanOf(change), 2),
      column.number("images", ({ images }) => images),
    ],
  };
}

/** What each recognizer predicts for each clean image, and the distance to its nearest boundary. */
function imagesTable({ images, setting }: Boundaries, nameOf: (label: number) => string): TablePart {
  const { recognizers, l2_per_gray_level: unit } = setting;
  const titles = shortTitles(images.map(({ file }) => file));
  const column = columnsOf(images);
  return {
    kind: "table",
    caption: `Nearest boundaries of ${images.length} images`,
    columns: [
      column.text("image", (_, i) => titles[i] ?? ""),
      column.text("class", ({ label }) => nameOf(label)),
      ...recognizers.flatMap((name) => [
        column.text(`${name}: predicted`, ({ recognizers: found }) => nameOf(found[name]?.predicted ?? -1)),
        column.number(
          `${name}: nearest (gray levels)`,
          ({ recognizers: found }) => {
            const nearest = found[name]?.nearest;
            return typeof nearest === "number" ? nearest / unit : null;
          },
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
