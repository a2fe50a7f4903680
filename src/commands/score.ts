import { z } from "zod";
import { type DetectionScore, scoreDetections } from "../detection/score.js";
import { markdownTable } from "../evaluation/table.js";
import { writeBytes } from "../platform/node/files.js";
import { leftOutLines } from "../platform/node/image-files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { path } from "../settings.js";
import { defineCommand } from "./command.js";

export const score = defineCommand({
  name: "score",
  settings: z.object({
    truth: path(
      "the annotations: a folder of PASCAL VOC, a file instances.json of COCO, or a folder of images with boxes.csv",
      { placeholder: "path" },
    ),
    found: path("the detections: a file of COCO's result format, or a folder of the VOC devkit's result files", {
      placeholder: "path",
    }),
    set: z
      .string()
      .optional()
      .describe(
        "list of images in ImageSets/Main, and set of the devkit's result files (default: test, val, or the only one)",
      )
      .meta({ placeholder: "name" }),
    iou: z
      .number()
      .gt(0, "must be above 0")
      .max(1, "must be at most 1")
      .default(0.5)
      .describe("smallest intersection over union of a true positive, for the VOC figures"),
    json: path("write the results to this file as JSON", { placeholder: "file" }).optional(),
  }),
  notes: `Both conventions use the corners as they are in the files. The VOC figures count the last pixel as a part of a box, so that 1 is
added to widths and heights; the COCO figures do not. The VOC figures ignore difficult objects and crowds, the COCO figures ignore
crowds. AP11 is the eleven-point average precision of VOC 2007, AP the area under the curve of VOC 2010 and later.

Detections:
  results.json    a list of {"image_id", "category_id", "bbox": [x, y, width, height], "score"}. Images of a VOC folder are named by
                  their file without its extension, or by its number. A category id is that of the truth's file; with a VOC folder
                  it is the position of the class from 1. A class name can be given instead.
  *_det_SET_CLASS.txt, CLASS.txt
                  lines of image, score, x1, y1, x2, y2

Classes of a VOC folder are the lines of classes.txt if it has one; else the 20 of PASCAL VOC if all objects have one of these; else
the sorted names of all annotations. Detections in other images, or of other categories, are left out and counted.`,
  examples: [
    "legible detect scenes --detector runs/detector/model.onnx -o boxes --results found.json",
    "legible score --truth scenes --found found.json",
    "legible score --truth VOCdevkit/VOC2007 --found results/VOC2007/Main",
    "legible score --truth annotations/instances_val2017.json --found results.json --json scores.json",
    "legible score --truth VOC2012 --set val --found results.json --iou 0.3",
  ],
  async run({ truth, found, set, iou, json }, { report, print }) {
    await requireWritable(json === undefined ? [] : [json], [truth, found]);
    const result = await scoreDetections(truth, found, { iou, ...(set !== undefined && { set }) });
    for (const line of notesOf(result)) report.info(line);
    print(scoreTable(result));
    if (json !== undefined) {
      await writeBytes(json, [`${JSON.stringify(result, null, 2)}\n`]);
      report.info(`results: ${json}`);
    }
    return "done";
  },
});

/** What was compared and what was left out. */
function notesOf({ counts, data, leftOut }: DetectionScore): string[] {
  const { images, objects, difficult, crowds, detections, inUnknownImages, ofUnknownCategories } = counts;
  const flags = [...(difficult > 0 ? [`${difficult} difficult`] : []), ...(crowds > 0 ? [`${crowds} crowds`] : [])];
  const set = data.set === undefined ? "" : `, set ${data.set}`;
  return [
    `scoring ${data.found}`,
    `  truth        ${data.truth}${set}: ${images} images, ${objects} objects${flags.length > 0 ? ` (${flags.join(", ")})` : ""}`,
    `  detections   ${detections}`,
    ...(inUnknownImages > 0
      ? [`  left out     ${inUnknownImages} detections in images that the truth does not have`]
      : []),
    ...(ofUnknownCategories > 0 ? [`  left out     ${ofUnknownCategories} detections of unknown categories`] : []),
    ...leftOutLines(leftOut),
  ];
}

/** Percent with two decimals; empty where there are no objects. */
const percent = (value: number | null | undefined): string =>
  value === null || value === undefined || value < 0 ? "" : (100 * value).toFixed(2);

/** The figures in percent as tables. */
function scoreTable({ voc, coco }: DetectionScore): string {
  const rows = Object.entries(voc.classes).map(([name, { positives, ap11, ap }]) => {
    const { AP, AP50, AP75 } = coco.classes[name] ?? {};
    return [name, String(positives), ...[ap11, ap, AP, AP50, AP75].map(percent)];
  });
  const positives = Object.values(voc.classes).reduce((sum, each) => sum + each.positives, 0);
  const means = ["mean", String(positives), ...[voc.map11, voc.map, coco.AP, coco.AP50, coco.AP75].map(percent)];
  const titles = ["class", "objects", `VOC AP11@${voc.iou}`, `VOC AP@${voc.iou}`, "COCO AP", "COCO AP50", "COCO AP75"];
  const bySize = (["small", "medium", "large"] as const).map((size) => [
    size,
    percent(coco[`AP${size}`]),
    percent(coco[`AR${size}`]),
  ]);
  const byCount = ([1, 10, 100] as const).map((count) => [String(count), percent(coco[`AR${count}`])]);
  return [
    markdownTable(titles, [...rows, means]),
    markdownTable(["objects", "COCO AP", "COCO AR"], bySize),
    markdownTable(["detections per image and class", "COCO AR"], byCount),
  ].join("\n\n");
}
