import { join } from "node:path";
import { z } from "zod";
import { type Boundaries, type BoundaryPart, boundaries as compare } from "../analysis/boundaries.js";
import { type GainTable, readGains, readTransfer } from "../analysis/gain-tables.js";
import { type MeasurePrediction, predictGains } from "../analysis/pair-measures.js";
import { readMeasures } from "../analysis/read-measures.js";
import type { Dataset } from "../data/dataset.js";
import { dataSettings, datasetFrom, omissionsOf, titleOfData } from "../data/settings.js";
import { taskFrom, taskSettings } from "../data/tasks/settings.js";
import { UserError } from "../errors.js";
import { requireDistinct } from "../evaluation/evaluate.js";
import { reportImages } from "../experiments/reported-images.js";
import { writeBytes } from "../platform/node/files.js";
import { modelTitle } from "../platform/node/models.js";
import { requireWritableFolder } from "../platform/node/outputs.js";
import { pngOfSvg } from "../platform/node/svg.js";
import { openProcessor } from "../processors/open.js";
import { classNames } from "../recognition/class-names.js";
import { labelSetOf } from "../recognition/class-offset.js";
import type { RecognizerModel } from "../recognition/model.js";
import { readRecognizer } from "../recognition/recognizer.js";
import { recognizerFrom, recognizerInputSettings } from "../recognition/settings.js";
import {
  boundariesJson,
  boundariesPage,
  planesFigure,
  predictionFile,
  predictionPlot,
  predictionTable,
  tables,
} from "../report/boundaries.js";
import { boundariesReport } from "../report/boundaries-report.js";
import { gainsReport } from "../report/gains-report.js";
import { reportedModels } from "../report/reported-models.js";
import {
  listOf,
  named,
  path,
  paths,
  positiveInteger,
  positiveNumber,
  seed,
  threadCount,
  wholeNumber,
} from "../settings.js";
import { type Context, defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { reportOf, reportSettings, requireReport, writeReport } from "./html-report.js";
import { NamedFile } from "./named-file.js";
import { dataNotes } from "./notes.js";
import { folderStage } from "./stage.js";

/** "SOURCE=FILE", "SOURCE@ROW=FILE", or the same as an object. */
const GainSource = z
  .union([z.string(), z.object({ source: z.string(), row: z.string().optional(), file: z.string() })])
  .transform((given, context) => {
    if (typeof given !== "string") return given;
    const [, source, row, file] = /^([^=@]+)(?:@([^=]+))?=(.+)$/.exec(given) ?? [];
    if (source !== undefined && file !== undefined) return { source, ...(row !== undefined && { row }), file };
    context.addIssue({ code: "custom", message: "must be SOURCE=FILE or SOURCE@ROW=FILE" });
    return z.NEVER;
  });

const { data, ...selection } = dataSettings("labeled images", "test");

const settings = z.object({
  recognizer: paths("a classifier to compare (ONNX); may be repeated; planes follow the gradient of the first", {
    placeholder: "file",
  }).optional(),
  data: data.optional(),
  ...selection,
  images: positiveInteger().default(100).describe("images whose distances are measured, spread evenly over the data"),
  planes: wholeNumber()
    .default(12)
    .describe("images whose planes are mapped, spread evenly over those; figures show six"),
  grid: positiveInteger(1001).default(21).describe("points in a row and in a column of a plane"),
  extent: positiveNumber()
    .default(16)
    .describe("how far a plane extends along a gradient, as RMS change in gray levels")
    .meta({ placeholder: "levels" }),
  maximum: positiveNumber()
    .default(128)
    .describe("largest distance tried, as RMS change in gray levels")
    .meta({ placeholder: "levels" }),
  seed: seed("seed of random directions, planes and intervals"),
  ...taskSettings,
  processor: listOf(NamedFile)
    .optional()
    .describe("a processor (ONNX); the images of each further one are compared with those of the first")
    .meta({ placeholder: "[name=]file" }),
  transfer: paths("transfer.json of `legible transfer`, whose gains are predicted; may be repeated", {
    placeholder: "file",
  }).optional(),
  gains: listOf(GainSource)
    .optional()
    .describe(
      "results of `legible evaluate --json` with a processor that was trained with this source; may be repeated",
    )
    .meta({ placeholder: "source[@row]=file" }),
  measures: path("boundaries.json of an earlier run, in place of recognizers and data", {
    placeholder: "file",
  }).optional(),
  out: path("the folder of the results", { placeholder: "folder" }),
  threads: threadCount(),
  ...reportSettings,
  ...failureSettings,
  ...recognizerInputSettings,
});
type Settings = z.output<typeof settings>;

export const boundaries = defineCommand({
  name: "boundaries",
  settings,
  notes: `${dataNotes}

Writes boundaries.json, boundaries.md, and maps of the predicted classes (SVG and PNG): planes along the loss gradient of the first
recognizer, and planes through three images. Distances are RMS changes in gray levels. With two or more processors it follows the
predictions along the segments between their images. With --transfer or --gains it correlates each measure of a source and a target
with the target's gain. Results have no time in them: the same seed gives the same files.`,
  examples: [
    "legible boundaries --recognizer resnet18.onnx --recognizer vgg16.onnx --data val --images 200 --out boundaries",
    "legible boundaries --recognizer resnet18.onnx --recognizer vgg16.onnx --data val --scale 4 --processor plain=plain.onnx --processor ra=ra.onnx --out boundaries",
    "legible boundaries --measures boundaries/boundaries.json --transfer transfer/transfer.json --out predicted",
  ],
  async run(settings, context) {
    const { out, measures, report: page } = settings;
    await requireWritableFolder(out);
    await requireReport(page, inputsOf(settings));
    const gainTables = await gainTablesOf(settings);
    if (measures !== undefined) {
      if (settings.recognizer || settings.data)
        throw new UserError(
          `${named("measures")} replaces ${named("recognizer")} and ${named("data")}: leave these out`,
        );
      if (gainTables.length === 0)
        throw new UserError(`${named("measures")} needs ${named("transfer")} or ${named("gains")}`);
      const predictions = predictGains(await readMeasures(measures), gainTables, settings.seed);
      await writePredictions(out, predictions);
      await writeReport(page, () => gainsReport(predictions, settings.seed), context.report);
      const table = predictionTable(predictions);
      await writeBytes(join(out, "gains.json"), [`${JSON.stringify(predictions, null, 2)}\n`]);
      await writeBytes(join(out, "gains.md"), [`# Prediction of transfer gains\n\n${table}\n`]);
      context.print(`${table}\n\nresults: ${join(out, "gains.json")}`);
      return "done";
    }
    const opened = await open(settings);
    const found = await measured(settings, opened, context);
    if (!found) return "interrupted";
    const { skipped } = found.setting;
    reportImages(
      skipped.map(({ file, reason }) => [file, reason] as const),
      [],
      context.report,
    );
    const predictions = predictGains(found, gainTables, settings.seed);
    const nameOf = await namesOf(settings, opened);
    await writeFigures(out, found, nameOf);
    await writeReport(
      page,
      async () =>
        boundariesReport(found, {
          ...{ predictions, nameOf, maps: mapsOf(found, nameOf) },
          models: await reportedModels(modelFilesOf(settings)),
        }),
      context.report,
    );
    await writePredictions(out, predictions);
    await writeBytes(join(out, "boundaries.json"), [boundariesJson(found, predictions)]);
    await writeBytes(join(out, "boundaries.md"), [boundariesPage(found, predictions)]);
    const all = [...tables(found), ...(predictions.length > 0 ? [predictionTable(predictions)] : [])];
    context.print(
      `${all.join("\n\n")}\n\npage:    ${join(out, "boundaries.md")}\nresults: ${join(out, "boundaries.json")}`,
    );
    return { unusable: skipped.length };
  },
  stage: { ...folderStage(["boundaries.json"]), alsoWrites: reportOf },
});

const inputsOf = ({ recognizer = [], processor = [], transfer = [], measures, gains = [] }: Settings): string[] => [
  ...[...recognizer, ...transfer, ...(measures === undefined ? [] : [measures])],
  ...[...processor, ...gains].map(({ file }) => file),
];

const modelFilesOf = ({ recognizer = [], processor = [] }: Settings) => [
  ...recognizer.map((file) => ({ name: modelTitle(file), role: "recognizer", file })),
  ...processor.map(({ name, file }) => ({ name, role: "processor", file })),
];

/** The maps of each kind of plane that there is. */
const mapsOf = (found: Boundaries, nameOf: (label: number) => string) =>
  (["gradient", "triple"] as const).flatMap((kind) => {
    const svg = planesFigure(kind, found, nameOf);
    const caption = kind === "gradient" ? "along the loss gradient" : "through three images";
    return svg === undefined ? [] : [{ caption: `Predicted classes on planes ${caption}`, svg }];
  });

/** The gains to predict, checked before the work. */
async function gainTablesOf({ transfer = [], gains = [] }: Settings): Promise<GainTable[]> {
  const tables: GainTable[] = [];
  for (const file of transfer) tables.push(...(await readTransfer(file)));
  return gains.length > 0 ? [...tables, await readGains(gains)] : tables;
}

/** The recognizers and images of an analysis. */
interface Opened {
  readonly models: readonly RecognizerModel[];
  readonly dataset: Dataset;
}

async function open(settings: Settings): Promise<Opened> {
  const { recognizer: files = [], data } = settings;
  if (files.length === 0 || !data)
    throw new UserError(`cannot compare boundaries: ${named(data ? "recognizer" : "data")} is required`);
  const dataset = await datasetFrom({ ...settings, data }, "test", { needLabels: true });
  const models: RecognizerModel[] = [];
  for (const file of files) models.push(await readRecognizer(file, recognizerFrom(settings), labelSetOf(dataset)));
  requireDistinct(
    "recognizer",
    models.map(({ name }) => name),
  );
  return { models, dataset };
}

/** Runs the analysis with progress. @returns undefined if it was interrupted, which is reported. */
async function measured(settings: Settings, { models, dataset }: Opened, { report, signal }: Context) {
  const { threads, processor = [], images } = settings;
  if (processor.length === 1)
    throw new UserError(
      `${named("processor")} needs a second processor, whose images are compared with those of the first`,
    );
  const processors = [];
  for (const { name, file } of processor) processors.push(await openProcessor(file, { name, threads }));
  requireDistinct(
    "processor",
    processors.map(({ name }) => name),
  );
  report.info(
    `comparing decision boundaries on cpu\n  images       ${Math.min(images, dataset.items.length)} of ${dataset.items.length} in ${titleOfData(dataset)}\n` +
      `  recognizers  ${models.map(({ name }) => name).join(", ")}`,
  );
  for (const line of omissionsOf(dataset)) report.info(line);
  for (const { name, graph } of models)
    for (const note of graph.notes ?? []) report.info(`  note         ${name}: ${note}`);
  let current: { readonly part: BoundaryPart; readonly bar: ReturnType<typeof report.progress> } | undefined;
  const { seed, planes, grid, extent, maximum } = settings;
  return compare(models, dataset, {
    ...{ images, seed, planes, grid, extent, maximum, processors, signal, task: taskFrom(settings) },
    threads,
    onProgress(part, done, total) {
      if (current?.part !== part) {
        current?.bar.stop();
        current = { part, bar: report.progress(total, part) };
      }
      current.bar.update(done);
    },
  })
    .finally(() => current?.bar.stop())
    .catch((error: unknown): undefined => {
      if (!signal.aborted) throw error;
      report.info("interrupted; nothing was written");
    });
}

/** The names of classes, for figures: of the data, or of the first recognizer that has some. */
async function namesOf({ recognizer: files = [] }: Settings, { models, dataset }: Opened) {
  let names = dataset.classes ?? [];
  for (const [i, file] of files.entries())
    if (names.length === 0) names = await classNames(file, models[i]?.classOffset);
  return (label: number): string => names[label] ?? `class ${label}`;
}

async function writeFigures(out: string, found: Boundaries, nameOf: (label: number) => string): Promise<void> {
  for (const kind of ["gradient", "triple"] as const) {
    const figure = planesFigure(kind, found, nameOf);
    if (figure === undefined) continue;
    await writeBytes(join(out, `planes-${kind}.svg`), [figure]);
    await writeBytes(join(out, `planes-${kind}.png`), [await pngOfSvg(figure)]);
  }
}

async function writePredictions(out: string, predictions: readonly MeasurePrediction[]): Promise<void> {
  const tables = [...new Set(predictions.map(({ table }) => table))];
  for (const prediction of predictions)
    if (prediction.points.length > 0)
      await writeBytes(join(out, predictionFile(prediction, tables.indexOf(prediction.table))), [
        predictionPlot(prediction),
      ]);
}
