import { z } from "zod";
import { outputName, requireSuffix } from "../enhancement/output-names.js";
import { UserError } from "../errors.js";
import { type ImageSettings, modelOf } from "../queue/image-settings.js";
import { type SubmittedImage, submitImages } from "../queue/submit.js";
import { lateProgress } from "../reporter.js";
import { named, path, paths } from "../settings.js";
import { type SourceImage, Sources } from "../storage/sources.js";
import { absoluteLocation } from "../storage/storage.js";
import { type Context, defineCommand, resolveSettings } from "./command.js";
import { choiceOf, enhance, gateFor, imageOptions } from "./enhance.js";
import { chosenProcessor, processorSettings } from "./processor-choice.js";
import { queueNotes, queueUrl, withQueue } from "./queue-settings.js";
import { newRun, reportSubmitted, submitSettings, warnOf } from "./submit.js";

const { format, quality, suffix, color, strip, tile, gate } = enhance.settings.shape;

const schema = z.object({
  inputs: paths(
    "images, folders of images, patterns such as 'photos/**/*.jpg', s3://bucket/prefix, or lists: a .jsonl or .csv file with input and output",
    { position: 0, placeholder: "input" },
  ),
  output: path("where the results go: a folder that all workers see, or s3://bucket/prefix", {
    placeholder: "location",
    short: "o",
  }),
  ...processorSettings,
  ...{ format, quality, suffix, color, strip, tile, gate },
  overwrite: z
    .enum(["skip", "replace"])
    .default("skip")
    .describe("what happens to files that Legible did not write: skip leaves them alone, replace writes over them"),
  endpoint: z
    .url()
    .optional()
    .describe("address of an S3-compatible service (default: LEGIBLE_S3_ENDPOINT, or Amazon's)")
    .meta({ placeholder: "url" }),
  ...submitSettings,
});
type Settings = z.output<typeof schema>;

export const submitEnhance = defineCommand({
  name: "submit enhance",
  settings: schema,
  notes: `Workers read and write the files themselves: they need the same folders at the same places, such as a network drive, or the bucket.
Results keep the path of the input relative to the folder, the prefix or the list. The files are those of legible enhance. If
interrupted, or if images were added, submit again: only what is missing becomes a job. Images that cannot be used are dead jobs
(legible jobs dead). Without a queue, the command runs here, without S3 and lists.
Credentials for S3 are those of the environment of the workers, as the AWS command line finds them.
${queueNotes}`,
  examples: [
    "legible submit enhance photos -o enhanced --queue redis://queue:6379",
    "legible submit enhance s3://shop/uploads -o s3://shop/enhanced --endpoint http://minio:9000 --for machines --priority low",
    "legible submit enhance list.csv -o /mnt/enhanced --model denoise.onnx",
  ],
  async run(settings, context, given) {
    const { queue: url, priority } = settings;
    if (queueUrl(url) === undefined) return enhanceHere(given, context);
    const run = newRun({ kind: "images", command: "enhance", settings: { ...(await imageSettings(settings)) } });
    const sources = new Sources(settings.inputs, { endpoint: settings.endpoint });
    const bar = lateProgress(context.report, Number.POSITIVE_INFINITY, "submitting", { everySeconds: 10 });
    const options = { priority, signal: context.signal, onProgress: (read: number) => bar.update(read) };
    const added = await withQueue(url, (queue) => {
      warnOf(queue, context);
      return submitImages(queue, run, planned(sources.images(), settings), options);
    }).finally(async () => {
      bar.stop();
      await sources.close();
    });
    if (added.added + added.known === 0) throw new UserError(`found no image in ${settings.inputs.join(", ")}`);
    reportSubmitted(run, added, context);
    return "done";
  },
});

/** Enhances without a queue, as the command enhance does. */
async function enhanceHere({ queue: _, priority: __, ...given }: Readonly<Record<string, unknown>>, context: Context) {
  if (given.endpoint !== undefined || /^s3:/.test(String(given.output)) || /s3:\/\//.test(String(given.inputs)))
    throw new UserError(`buckets need a queue: set ${named("queue")}`);
  const resolved = await resolveSettings(enhance, given);
  return enhance.run(resolved.settings, context, resolved.given);
}

/** The settings of all images, checked on this machine. */
async function imageSettings(settings: Settings): Promise<ImageSettings> {
  if (settings.suffix !== undefined) requireSuffix(settings.suffix);
  const processor = await chosenProcessor(choiceOf(settings), {});
  await processor.geometry();
  const { overwrite, endpoint } = settings;
  return {
    model: await modelOf(processor),
    out: absoluteLocation(settings.output),
    ...{ ...imageOptions(settings, await gateFor(settings.gate, processor)), overwrite, endpoint },
  };
}

/**
 * The images with the names of their outputs. Results of an earlier submission inside an input are left out.
 * @throws UserError when an output would be its own input.
 */
async function* planned(images: AsyncIterable<SourceImage>, settings: Settings): AsyncIterable<SubmittedImage> {
  const out = absoluteLocation(settings.output);
  const isInside = (location: string): boolean => location.startsWith(`${out}/`);
  const holdsResults = settings.inputs.some((input) => out.startsWith(`${absoluteLocation(input)}/`));
  for await (const { location, name, output = outputName(name, settings) } of images) {
    if (location === `${out}/${output}`)
      throw new UserError(`${location} would be overwritten by its own result: choose another ${named("output")}`);
    if (!holdsResults || !isInside(location)) yield { input: location, output };
  }
}
