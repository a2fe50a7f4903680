import { rm } from "node:fs/promises";
import { z } from "zod";
import { classOf } from "../data/annotation.js";
import type { Dataset } from "../data/dataset.js";
import { HandlingChains } from "../data/handling/chain.js";
import { handlingKinds } from "../data/handling/handling.js";
import { requireDataKept } from "../data/kept-data.js";
import { dataSettings, datasetFrom, omissionsOf, titleOfData } from "../data/settings.js";
import { taskFrom, taskSettings } from "../data/tasks/settings.js";
import { detectorFrom, detectorSettings } from "../detection/settings.js";
import { UserError } from "../errors.js";
import type { Control } from "../evaluation/control.js";
import { type EvaluateOptions, measureImages } from "../evaluation/evaluate.js";
import { requireCard, writeMeasured } from "../evaluation/measured-card.js";
import type { MeasuredEvaluation } from "../evaluation/measurements.js";
import { annotationsOf, type JudgeFile, judgeFiles, openJudge, recognizerFiles } from "../evaluation/open-judge.js";
import { defaultProtocol, protocolNames, protocols } from "../evaluation/protocols.js";
import { summarize } from "../evaluation/summarize.js";
import { evaluationTable } from "../evaluation/table.js";
import { RESULTS } from "../experiments/findings.js";
import { reportEvaluated } from "../experiments/reported-images.js";
import { type Gate, readGate } from "../gate/gate.js";
import { openLocalStore } from "../jobs/local-store.js";
import { coreCount } from "../platform/node/core-count.js";
import { writeBytes } from "../platform/node/files.js";
import { modelFiles, modelTitle } from "../platform/node/models.js";
import { requireWritable } from "../platform/node/outputs.js";
import { openProcessor } from "../processors/open.js";
import { labelSetOf } from "../recognition/class-offset.js";
import { classifierNotes } from "../recognition/classifier.js";
import { recognizerFrom, recognizerInputSettings } from "../recognition/settings.js";
import { readSynonyms, type Synonyms } from "../recognition/synonyms.js";
import { isServiceName } from "../remote/names.js";
import { listOf, named, path, paths, positiveInteger, threadCount, wholeNumber } from "../settings.js";
import { type Context, defineCommand } from "./command.js";
import { controlFrom, controlSettings } from "./control.js";
import { evaluatedReport } from "./evaluate-report.js";
import { failureSettings } from "./failures.js";
import { interruptedAfter, RESUMED } from "./files.js";
import { reportSettings, requireHtml, writeReport } from "./html-report.js";
import { NamedFile } from "./named-file.js";
import { dataNotes, listOfNames } from "./notes.js";
import {
  cacheFileOf,
  openServices,
  requireServices,
  serviceNotes,
  serviceSettings,
  servicesIn,
  spentLines,
} from "./services.js";
import { fileStage } from "./stage.js";

const settings = z.object({
  ...taskSettings,
  ...dataSettings("images to judge", "test"),
  processor: listOf(NamedFile)
    .optional()
    .describe(
      "a processor to evaluate (ONNX); may be repeated to compare processors (default name: that of the file or its run)",
    )
    .meta({ placeholder: "[name=]file" }),
  recognizer: paths("a recognizer that judges (ONNX), the same as judge; may be repeated", {
    placeholder: "file",
  }).optional(),
  judge: listOf(NamedFile)
    .optional()
    .describe(
      "a classifier, detector or segmenter that judges (ONNX), or a service: google, aws, azure, clarifai, openai, http; may be repeated (default name: that of the file)",
    )
    .meta({ placeholder: "[name=]file|service" }),
  limit: positiveInteger().optional().describe("judge n images, spread evenly over the data"),
  protocol: z
    .enum(protocolNames)
    .optional()
    .describe(
      "evaluation protocol: the part of each image that is judged, and the measures (default: imagenet; full for detectors and segmenters)",
    )
    .meta({ placeholder: "name" }),
  cropBorder: wholeNumber()
    .optional()
    .describe("for the protocol full: pixels cropped from each side before PSNR and SSIM (default: the scale)")
    .meta({ placeholder: "pixels" }),
  json: path("write the results to this file as JSON", { placeholder: "file" }).optional(),
  predictions: path("write the measurements and predictions of each image to this file (JSON Lines)", {
    placeholder: "file",
  }).optional(),
  ...reportSettings,
  after: HandlingChains.optional()
    .describe(
      "judge again after what happens to images later, such as jpeg:85,resize:0.7; a+b applies both; may be repeated",
    )
    .meta({ placeholder: "kind:value,…" }),
  gate: paths("a gate of a processor, which adds a row with the images that it skips unprocessed; may be repeated", {
    placeholder: "file",
  }).optional(),
  ...controlSettings,
  cards: z
    .boolean()
    .default(false)
    .describe("write the results into the model cards of processors that Legible trained"),
  ...failureSettings,
  threads: threadCount(),
  ...recognizerInputSettings,
  ...detectorSettings,
  ...serviceSettings,
});

const handlingNames = Object.entries(handlingKinds).map(([kind, { parameter, min, max, summary }]) => ({
  ...{ name: kind, summary: `${summary}; ${parameter} from ${min} to ${max}` },
}));

export const evaluate = defineCommand({
  name: "evaluate",
  settings,
  notes: `${dataNotes}

Protocols:
${listOfNames(
  protocolNames.map((name) => ({ name, ...protocols[name] })),
  10,
)}

Judges are found from their outputs: classifiers judge images that have classes (top-1), detectors images with boxes (mAP), and
segmenters images with label maps (mIoU). Judges of one evaluation are of one kind; \`legible tabulate\` joins several.
"none" (the interpolated degraded image) and "clean" (the original) are always judged, too.
Harmful flips are images that are right with the second processor of a pair and wrong with the first; helpful ones are the
reverse; p is McNemar's. The settings of a detector change its mAP; the results state them. --control adds a row: the images of a
processor, perturbed along the gradient of a recognizer's loss with the known labels until each has lost as much PSNR as
--control-cost. It uses labels, so it is no processor; it shows what such a change gains for that recognizer and for others.
--gate adds a row for the processor of the gate: images that the gate skips count as in the row "none". A table states its risk.
\`legible tabulate\` rebuilds the tables from the file of --predictions.

--after judges the images of all rows again after each of these, and shows how much of the gains is left:
${listOfNames(handlingNames, 10)}
${serviceNotes}
If interrupted, rerun the command to resume; this requires --json or --predictions.`,
  examples: [
    "legible evaluate --data val --recognizer resnet50.onnx",
    "legible evaluate --data cifar-10-batches-bin --classes 0-4 --recognizer cifar.onnx",
    "legible evaluate --data photos --split 0.9 --recognizer resnet50.onnx",
    "legible evaluate --data Set5 --protocol full --crop-border 4 --processor plain.onnx --predictions set5.jsonl",
    "legible evaluate --data synthetic --judge detector.onnx --processor ra.onnx --predictions boxes.jsonl",
    "legible evaluate --scale 4 --data val --processor plain=plain.onnx --processor ra=ra.onnx --recognizer resnet18.onnx --recognizer vgg16.onnx --json results.json",
    "legible evaluate --scale 4 --data val --processor plain=plain.onnx --processor ra=ra.onnx --recognizer resnet18.onnx --after jpeg:85,resize:0.7,shift:1,blur:0.5",
    "legible evaluate --scale 4 --data val --processor plain=plain.onnx --processor ra=ra.onnx --recognizer resnet18.onnx --recognizer vgg16.onnx --control plain --control-recognizer resnet18.onnx --control-cost ra --json results.json",
  ],
  async run(settings, { report, print, signal }) {
    const { limit, threads, json, predictions, processor = [], after = [] } = settings;
    const services = servicesIn(settings.judge ?? []);
    requireServices(services, settings);
    const cache = cacheFileOf(services, settings);
    await requireOutputs(settings, cache);
    const task = taskFrom(settings);
    const judging = [
      ...(await recognizerFiles(settings.recognizer ?? [], settings)),
      ...(await judgeFiles(namedJudges(settings), settings)),
    ];
    const annotations = annotationsOf(judging);
    const needLabels = judging.length > 0 && annotations === "classes";
    const dataset = await datasetFrom(settings, "test", { needLabels, annotations });
    const models = await judgesFor(judging, dataset, settings);
    const processors = [];
    for (const { name, file } of processor) processors.push(await openProcessor(file, { name, threads }));
    if (settings.cards) for (const { file, card } of processors) requireCard(file, card);
    await requireDataKept(filesIn([json, predictions, settings.report, cache]), dataset);
    const count = Math.min(limit ?? Number.POSITIVE_INFINITY, dataset.items.length);
    const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).join(", ") || "none";
    report.info(
      `evaluating ${task.name} x${task.scale} on cpu, ${threadsText(threads ?? coreCount())}\n` +
        `  images       ${count} of ${dataset.items.length} in ${titleOfData(dataset)}\n` +
        `  processors   ${names(processors)}\n` +
        `  judges       ${names([...models, ...services])}\n` +
        (after.length > 0 ? `  after        ${names(after)}\n` : "") +
        `  protocol     ${settings.protocol ?? defaultProtocol(models)}`,
    );
    for (const line of omissionsOf(dataset)) report.info(line);
    for (const note of classifierNotes(models)) report.info(`  note         ${note}`);
    const measured = {
      ...{ dataset, task, processors, protocol: settings.protocol ?? defaultProtocol(models) },
      ...(limit && { limit }),
    };
    const classSynonyms = settings.synonyms === undefined ? undefined : await readSynonyms(settings.synonyms);
    const rows = (processors.length + (settings.control === undefined ? 2 : 3)) * (1 + after.length);
    const isLabelled = dataset.items.some((item) => classOf(item) !== null);
    const shown = {
      images: count,
      rows,
      classes: isLabelled ? dataset.classes : undefined,
      cache: cache ?? "",
      signal,
    };
    const gates = await Promise.all((settings.gate ?? []).map(readGate));
    const asked = await openServices(services, settings, shown, report);
    const control = await controlFrom(settings, measured, { report, signal }).catch(async (error: unknown) => {
      await released(asked);
      if (!signal.aborted) throw error;
      report.info("interrupted; nothing was judged yet");
      return null;
    });
    if (control === null) return "interrupted";
    const instruments = { dataset, task, processors, judges: [...models, ...asked], count };
    const further = { gates, ...(control && { opened: control }), ...(classSynonyms && { classSynonyms }) };
    const measurement = await judged({ ...settings, ...instruments, ...further }, { report, signal }).finally(
      async () => {
        await control?.release();
        for (const line of spentLines(asked)) report.info(line);
        await released(asked);
      },
    );
    if (!measurement) return "interrupted";
    const evaluation = summarize(measurement.setting, measurement.measurements);
    reportEvaluated(evaluation, report);
    print(evaluationTable(evaluation));
    if (json !== undefined) {
      await writeBytes(json, [`${JSON.stringify(evaluation, null, 2)}\n`]);
      report.info(`results: ${json}`);
    }
    if (predictions !== undefined) report.info(`predictions: ${predictions}`);
    const files = judging.map(({ file }, i) => ({ name: models[i]?.name as string, file }));
    const evaluated = { ...measurement, evaluation, dataset, task, processors, limit };
    await writeReport(settings.report, () => evaluatedReport(evaluated, [...files, ...services]), report);
    if (partialOf(settings)) await rm(partialOf(settings) as string, { force: true });
    if (settings.cards)
      for (const { name, file } of processor) {
        await writeMeasured(file, name, evaluation);
        report.info(`card: ${file}`);
      }
    return { unusable: evaluation.data.skipped.length };
  },
  stage: {
    ...fileStage("json", RESULTS),
    alsoWrites(given) {
      const { predictions, report, cards, processor = [], cache } = settings.parse(given);
      return filesIn([predictions, report, cache, ...(cards ? processor.map(({ file }) => file) : [])]);
    },
  },
});

/** The files of the setting `judge`, without services; a name that is the file's own is left to the file. */
const namedJudges = ({ judge: judges = [] }: Settings): JudgeFile[] =>
  judges
    .filter(({ file }) => !isServiceName(file))
    .map(({ name, file }) => ({ file, name: name === modelTitle(file) ? undefined : name }));

async function judgesFor(files: readonly JudgeFile[], dataset: Dataset, settings: Settings) {
  const { threads } = settings;
  const given = { ...recognizerFrom(settings), ...detectorFrom(settings) };
  const data = { labels: labelSetOf(dataset), ...(dataset.classes && { classes: dataset.classes }) };
  const judges = [];
  for (const file of files) judges.push(await openJudge(file, given, { threads }, data));
  return judges;
}

const released = async (judges: readonly { release(): Promise<void> }[]): Promise<void> => {
  for (const judge of judges) await judge.release();
};

const threadsText = (count: number): string => (count === 1 ? "1 thread" : `${count} threads`);

const filesIn = (files: readonly (string | undefined)[]): string[] => files.filter((file) => file !== undefined);

type Settings = z.output<typeof settings>;

/** Checks before the work that the results can be written, and that every setting has an effect. */
async function requireOutputs(given: Settings, cache: string | undefined): Promise<void> {
  const { json, predictions, report, cards, processor = [], recognizer = [] } = given;
  requireHtml(report);
  const models = processor.map(({ file }) => file);
  const judges = [...recognizer, ...namedJudges(given).map(({ file }) => file)];
  const inputs = filesIn([...(given.gate ?? []), given.synonyms, ...[...models, ...judges].flatMap(modelFiles)]);
  await requireWritable(filesIn([json, predictions, report, cache]), inputs);
  if (given.after && judges.length === 0 && servicesIn(given.judge ?? []).length === 0)
    throw new UserError(`${named("after")} needs ${named("judge")}`);
  if (cards) await requireWritable(models);
  if (cards && models.length === 0) throw new UserError(`${named("cards")} needs ${named("processor")}`);
  for (const [keys, needed] of [
    [recognizerInputSettings, "recognizer"],
    [detectorSettings, "judge"],
  ] as const)
    for (const key of Object.keys(keys) as (keyof Settings)[])
      if (given[key] !== undefined && judges.length === 0) throw new UserError(`${named(key)} needs ${named(needed)}`);
}

type Judging = Omit<Settings, "task" | "judge" | "synonyms"> &
  Pick<EvaluateOptions, "dataset" | "task" | "processors" | "judges"> & {
    count: number;
    gates: readonly Gate[];
    opened?: Control;
    classSynonyms?: ReadonlyMap<number, Synonyms>;
  };

/** Judges the images with a progress bar. @returns undefined if it was interrupted, which is reported. */
async function judged(
  {
    dataset,
    task,
    processors,
    gates,
    opened,
    judges,
    classSynonyms,
    protocol,
    limit,
    after,
    cropBorder,
    predictions,
    count,
    ...settings
  }: Judging,
  { report, signal }: Pick<Context, "report" | "signal">,
): Promise<MeasuredEvaluation | undefined> {
  const partial = partialOf({ predictions, ...settings });
  const store = partial === undefined ? undefined : await openLocalStore(partial);
  const bar = report.progress(count, "evaluating");
  let done = 0;
  const judging = measureImages({
    ...{ dataset, task, processors, gates, judges, signal },
    ...(classSynonyms && { synonyms: classSynonyms }),
    ...(protocol && { protocol }),
    ...(opened && { control: opened }),
    ...(limit && { limit }),
    ...(after && { handlings: after }),
    ...(cropBorder !== undefined && { cropBorder }),
    ...(predictions !== undefined && { predictions }),
    ...(store && { store }),
    onProgress(completed) {
      done = completed;
      bar.update(done);
    },
  }).finally(() => {
    bar.stop();
    return store?.close();
  });
  return judging.catch((error) => {
    if (!signal.aborted) throw error;
    const then = store ? RESUMED : `their results are kept only with ${named("json")} or ${named("predictions")}`;
    report.info(interruptedAfter(done, count, then));
    return undefined;
  });
}

/** The file of an evaluation's store, next to that of its results. It is removed once the evaluation is complete. */
const partialOf = ({
  json,
  predictions,
  report,
}: Pick<Settings, "json" | "predictions" | "report">): string | undefined => {
  const results = json ?? predictions ?? report;
  return results === undefined ? undefined : `${results}.partial.jsonl`;
};
