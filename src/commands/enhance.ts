import { z } from "zod";
import { enhanceFiles } from "../enhancement/batch.js";
import { planFiles } from "../enhancement/plan.js";
import { smallestTile } from "../enhancement/tile-size.js";
import { UserError } from "../errors.js";
import { type Gate, readGate, requireGateOf } from "../gate/gate.js";
import type { Processor } from "../processors/processor.js";
import { listOf, named, path, pathOrStream, pathsOrStream, positiveInteger, threadCount } from "../settings.js";
import { batchNotes, batchSettings } from "./batch-settings.js";
import { type Context, defineCommand } from "./command.js";
import { enhanceStream, isStreamed } from "./enhance-stream.js";
import { failureSettings } from "./failures.js";
import {
  images,
  keptNote,
  outputHelp,
  reportFailures,
  reportLeftOut,
  reportRemarks,
  reportSkipped,
  requireOneOutput,
  runBatch,
} from "./files.js";
import { NamedFile } from "./named-file.js";
import { chosenProcessor, type ProcessorChoice, processorSettings, titleOf } from "./processor-choice.js";

const schema = z.object({
  inputs: pathsOrStream("images, or folders of images; - is an image on standard input", {
    position: 0,
    placeholder: "input",
  }),
  output: pathOrStream(`${outputHelp}; - is standard output`, { short: "o" }).optional(),
  ...processorSettings,
  format: z
    .enum(["same", "png", "jpeg", "webp", "tiff"])
    .default("same")
    .describe("format of the results; same is that of each input, or PNG if Legible does not write it"),
  quality: positiveInteger(100).default(95).describe("quality of JPEG and WebP results, 1 to 100"),
  suffix: z
    .string()
    .optional()
    .describe("text before the extension of results in a folder, such as _x4")
    .meta({ placeholder: "text" }),
  color: z
    .enum(["keep", "srgb"])
    .default("keep")
    .describe("keep the color profile of the input, or convert the result to sRGB"),
  strip: z.boolean().default(false).describe("write no metadata: no EXIF, XMP and IPTC, and no note of the provenance"),
  tile: positiveInteger()
    .min(smallestTile, `must be ${smallestTile} or more`)
    .optional()
    .describe("side of a tile in pixels; smaller tiles need less memory (default: what 128 MiB of feature maps allow)"),
  gate: path("skip images for which this gate finds that processing would hurt (see legible gate)", {
    placeholder: "file",
  }).optional(),
  threads: threadCount(),
  compare: path(
    "instead of an output, write one image and the results of all packaged models of the task to this file",
    {
      placeholder: "file.png|file.html",
    },
  ).optional(),
  judge: listOf(NamedFile)
    .optional()
    .describe("for compare: a recognizer (ONNX) whose predictions are stated; may be repeated")
    .meta({ placeholder: "[name=]file" }),
  ...batchSettings,
  ...failureSettings,
  json: z.boolean().default(false).describe("print a summary of all images as JSON"),
});

type EnhanceSettings = z.output<typeof schema>;

export const enhance = defineCommand({
  name: "enhance",
  settings: schema,
  notes: `Images that cannot be read are skipped and listed. Images without an end marker and damaged images that can be decoded are listed.
Images that --gate skips are written with their own pixels, enlarged bicubically if the model enlarges; they are listed with the reason.
legible models lists the packaged models. docs/enhance.md compares the options with those of other programs.

${batchNotes}

--compare writes the input beside the results of all packaged models of the task, with what each --judge predicts. Of a larger
photograph it takes the central 512 pixels.`,
  examples: [
    "legible enhance photo.jpg -o large.jpg",
    "legible enhance a.png b.webp -o enhanced --suffix _x4 --format webp --quality 90",
    "legible enhance holidays -o holidays-large --for people --report holidays.jsonl",
    "legible enhance holidays --model denoise.onnx -o holidays-clean --gate denoise.gate.json",
    "legible enhance - -o - --format png < photo.jpg > large.png",
    "legible enhance photo.jpg --compare models.html --judge resnet50.onnx",
  ],
  async run(settings, context) {
    requireOneOutput(settings);
    if (settings.compare !== undefined) {
      requireComparable(settings);
      return (await import("./enhance-compare.js")).compare({ ...settings, compare: settings.compare }, context);
    }
    if (settings.judge !== undefined) throw new UserError(`${named("judge")} is for ${named("compare")}`);
    const { output, threads, gate: gateFile } = settings;
    if (output === undefined) throw new UserError(`cannot run enhance: ${named("output")} is required`);
    const processor = await chosenProcessor(choiceOf(settings), { threads });
    const gate = await gateFor(gateFile, processor);
    if (isStreamed(settings.inputs, output))
      return enhanceStream(processor, { ...settings, ...imageOptions(settings, gate), gateFile, output }, context);
    return enhanceBatch(processor, gate, { ...settings, output }, context);
  },
});

/** The gate of a file, if one is named. @throws UserError when it is that of another processor. */
export async function gateFor(file: string | undefined, processor: Processor): Promise<Gate | undefined> {
  const gate = file === undefined ? undefined : await readGate(file);
  if (gate) requireGateOf(gate, processor);
  return gate;
}

/** The settings that a comparison reads. */
const COMPARED = ["inputs", "compare", "overwrite", "task", "scale", "judge", "tile", "threads"];

/** @throws UserError when a setting that a comparison does not read differs from its default. */
function requireComparable({ inputs, ...settings }: EnhanceSettings): void {
  const defaults: Readonly<Record<string, unknown>> = schema.parse({ inputs });
  for (const [key, value] of Object.entries(settings))
    if (!COMPARED.includes(key) && value !== defaults[key])
      throw new UserError(
        `${named("compare")} and ${named(key)} cannot both be set: a comparison shows all models in one file`,
      );
}

/** The options of each image. */
export const imageOptions = (
  { tile, quality, color, strip }: Pick<EnhanceSettings, "tile" | "quality" | "color" | "strip">,
  gate: Gate | undefined,
) => ({
  ...{ tile, gate, quality, color, metadata: strip ? ("strip" as const) : ("keep" as const) },
});

/** The settings that choose a processor. */
export const choiceOf = ({ task, scale, size, for: audience, balance, model }: ProcessorChoice) => ({
  ...{ task, scale, size, for: audience, balance, model },
});

async function enhanceBatch(
  processor: Processor,
  gate: Gate | undefined,
  settings: EnhanceSettings & { readonly output: string },
  context: Context,
) {
  const { inputs, output, gate: gateFile, json } = settings;
  const [{ scale }, { device }] = [await processor.geometry(), await processor.session()];
  const plan = await planFiles(inputs, output, settings);
  const count = plan.images.length;
  const model = titleOf(processor);
  context.report.info(`enhancing ${images(count)} x${scale} with ${model} on ${device}`);
  if (gate?.threshold === null) context.report.info(`${gateFile} certified no threshold: no image is processed`);
  const start = performance.now();
  const options = imageOptions(settings, gate);
  const about = { model, scale, device, ...(gateFile !== undefined && { gate: gateFile }) };
  const read = [model, ...(gateFile === undefined ? [] : [gateFile])];
  const run = { ...settings, scale, about, read, collect: json };
  const ended = await runBatch(
    "enhancing",
    plan,
    context,
    (batch) => enhanceFiles(processor, plan, { ...options, ...batch }),
    run,
  );
  if (!ended) return "interrupted";
  const { tally, summary } = ended;
  const seconds = (performance.now() - start) / 1000;
  if (json)
    context.print(
      JSON.stringify({ model, gate: gateFile, scale, device, seconds, ...summary, leftOut: plan.leftOut }, null, 2),
    );
  reportLeftOut(plan, context);
  reportSkipped(tally, gateFile, context);
  reportRemarks(tally, context);
  reportFailures(tally, count, "enhanced", context, run);
  const line = `${images(tally.written)} in ${output}${keptNote(tally.kept)}, ${seconds.toFixed(1)} s`;
  if (settings.jsonLines) context.report.info(line);
  else if (!json) context.print(line);
  return { unusable: tally.failed.count };
}
