import { join } from "node:path";
import { z } from "zod";
import { categoryIds } from "../detection/coco-classes.js";
import { type Detector, openDetector } from "../detection/detector.js";
import { cocoResults } from "../detection/results.js";
import { detectorFrom, detectorSettings } from "../detection/settings.js";
import { type BatchOptions, type ImageResult, runImageJobs } from "../enhancement/image-jobs.js";
import { type FilePlan, type PlannedImage, planFiles } from "../enhancement/plan.js";
import type { Image } from "../images/image.js";
import type { FoundBox } from "../metrics/detection/boxes.js";
import { decodeImage, encodedImage } from "../platform/node/codec.js";
import { writeBytes } from "../platform/node/files.js";
import { modelFiles } from "../platform/node/models.js";
import { requireWritable } from "../platform/node/outputs.js";
import { recognizerFrom, recognizerInputSettings } from "../recognition/settings.js";
import { withBoxes } from "../report/boxes.js";
import { path, paths, threadCount } from "../settings.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { images, keptNote, outputHelp, reportFailures, reportLeftOut, reportRemarks, runBatch } from "./files.js";

/** Part of every key. To be raised when the same settings draw other pixels. */
const VERSION = 1;

/** The name of the JSON file beside the images. */
const SUMMARY = "detections.json";

const { size, mean, std, range, layout, channels } = recognizerInputSettings;

export const detect = defineCommand({
  name: "detect",
  settings: z.object({
    inputs: paths("images, or folders of images", { position: 0, placeholder: "input" }),
    detector: path("the detector, an ONNX file", { placeholder: "file" }),
    output: path(outputHelp, { short: "o" }).default("detections"),
    score: z
      .number("must be a number")
      .min(0, "must be 0 or more")
      .max(1, "must be at most 1")
      .default(0.3)
      .describe("least score of the boxes that are drawn and listed"),
    results: path("write all boxes to this file in the format of pycocotools' results", {
      placeholder: "file",
    }).optional(),
    ...detectorSettings,
    size: size.describe("side of the detector's input in pixels"),
    mean,
    std,
    range,
    layout: layout.describe("axis order of the detector's input"),
    channels: channels.describe(
      "channels of the detector's input; GRAY is computed from RGB (default: GRAY if the input has one)",
    ),
    threads: threadCount(),
    ...failureSettings,
    json: z.boolean().default(false).describe("print the boxes as JSON"),
  }),
  notes: `The layout of the detector's outputs is found from the outputs and the sidecar: docs/detection.md lists the layouts. ${SUMMARY} in the
output folder, or the JSON beside a single image, holds the boxes of each image in pixels from its upper left corner and the settings
that change them. A label is a class with the score in percent.

--results has the boxes of every score above --score-threshold. The id of an image is the name of its file without the extension, as
a number if it consists of digits; the ids of categories are those of COCO if the classes are its 80, and otherwise count from 1.

Images that cannot be read are skipped and listed. If interrupted, rerun the command to resume: complete results in a folder are kept.`,
  examples: [
    "legible detect images --detector runs/detector/model.onnx -o boxes",
    "legible detect photo.jpg --detector yolo.onnx -o boxes.png",
    "legible detect holidays --detector yolo.onnx -o boxes --score 0.5",
    "legible detect holidays --detector ssd.onnx -o boxes --results found.json --json",
  ],
  async run(settings, context) {
    const { inputs, output, detector: file, results, score, threads, json } = settings;
    const given = { ...recognizerFrom(settings), ...detectorFrom(settings) };
    const detector = await openDetector(file, given, { threads });
    try {
      const plan = await planFiles(inputs, output);
      const summary = plan.toFile ? output.replace(/\.[^.]*$/, ".json") : join(output, SUMMARY);
      await requireWritable(
        [summary, ...(results === undefined ? [] : [results])],
        [...modelFiles(file), ...plan.images.map(({ input }) => input)],
      );
      const count = plan.images.length;
      context.report.info(`detecting in ${images(count)} with ${file}: ${protocolLine(detector)}`);
      for (const note of detector.notes) context.report.info(`${detector.name}: ${note}`);
      const ended = await runBatch("detecting", plan, context, (batch) => detectFiles(detector, plan, score, batch));
      if (!ended) return "interrupted";
      const { summary: found, tally } = ended;
      const listed = {
        detector: file,
        settings: detector.settings,
        score,
        images: found.written.map((each) => entryOf(each, detector, score)),
      };
      await writeBytes(summary, [`${JSON.stringify(listed, null, 2)}\n`]);
      const categoryOf = categoryIds(detector.classes);
      if (results !== undefined)
        await writeBytes(results, [
          `${JSON.stringify(found.written.flatMap(({ input, boxes }) => cocoResults(input, boxes, categoryOf)))}\n`,
        ]);
      if (json) context.print(JSON.stringify({ ...listed, failed: found.failed, leftOut: plan.leftOut }, null, 2));
      reportLeftOut(plan, context);
      reportRemarks(tally, context);
      reportFailures(tally, count, "searched", context);
      const boxes = listed.images.reduce((sum, each) => sum + each.boxes.length, 0);
      if (!json)
        context.print(
          `${boxes} boxes in ${images(found.written.length)}${keptNote(found.kept)}: ${output} and ${summary}`,
        );
      return { unusable: found.failed.length };
    } finally {
      await detector.release();
    }
  },
});

/** "anchors, stretch to 320x320, score above 0.005, suppression at IoU 0.45 by class, at most 300 boxes" */
function protocolLine({ settings }: Detector): string {
  const { adapter, layout: found, resize, input, scoreThreshold, nmsIou, classAgnostic, topK } = settings;
  const suppression =
    nmsIou < 1 ? `suppression at IoU ${nmsIou}${classAgnostic ? " over all classes" : " by class"}` : "no suppression";
  const resized = input ? `${resize} to ${input.width}x${input.height}` : "images at their own size";
  return `${adapter} (${found}), ${resized}, score above ${scoreThreshold}, ${suppression}, at most ${topK} boxes`;
}

interface Detected extends ImageResult {
  readonly boxes: readonly FoundBox[];
}

/** Finds and draws the boxes of image files, one after the other. */
function detectFiles(detector: Detector, plan: FilePlan, score: number, options: BatchOptions) {
  const settings = { work: "detect", version: VERSION, detector: detector.key, names: detector.classes, score };
  const run = async ({ input, output, content }: PlannedImage & { readonly content: Buffer }) => {
    let flaw: string | undefined;
    const image = await decodeImage(content, { name: input, onFlaw: (found) => (flaw = found) });
    const [prediction] = await detector.predict([image]);
    const boxes = prediction?.boxes ?? [];
    const result = { width: image.width, height: image.height, boxes, ...(flaw !== undefined && { flaw }) };
    return { content: await encodedImage(drawn(image, boxes, detector, score), output), result };
  };
  return runImageJobs(plan, { settingsOf: () => settings, run }, options);
}

const drawn = (image: Image, boxes: readonly FoundBox[], detector: Detector, score: number): Image =>
  withBoxes(
    image,
    boxes.filter((box) => box.score >= score),
    (box) => `${nameOf(detector, box.class)} ${Math.round(100 * box.score)}`,
  );

const nameOf = ({ classes }: Detector, index: number): string => classes[index] ?? `class ${index}`;

/** An image in the JSON file. */
function entryOf(
  { input, output, width, height, boxes }: Detected & { input: string; output: string },
  detector: Detector,
  score: number,
) {
  return {
    file: input,
    output,
    width,
    height,
    boxes: boxes
      .filter((box) => box.score >= score)
      .map((box) => ({ ...box, name: detector.classes[box.class] ?? null })),
  };
}
