import { z } from "zod";
import { path, positiveInteger, seed } from "../settings.js";
import { findStyle, styles } from "../synthetic/styles.js";
import { synthesize as writeSet } from "../synthetic/synthesize.js";
import { defineCommand } from "./command.js";
import { interruptedAfter } from "./files.js";
import { listOfNames } from "./notes.js";
import { folderStage } from "./stage.js";

const styleNames = styles.map(({ name }) => name) as [string, ...string[]];

export const synthesize = defineCommand({
  name: "synthesize",
  settings: z.object({
    output: path("a new folder for the images, labels.csv and classes.txt", { short: "o", placeholder: "folder" }),
    count: positiveInteger(10_000_000).default(2000).describe("number of images; classes alternate"),
    size: positiveInteger(4096)
      .default(64)
      .describe("side of an image in pixels, 64 or more; it does not change the period of the detail")
      .meta({ placeholder: "pixels" }),
    classes: positiveInteger()
      .optional()
      .describe(
        "number of classes, even and 2 to 24, in two halves of equal difficulty (default: 20); patterned has 10",
      ),
    seed: seed("random seed; equal seeds give equal images on every machine"),
    style: z.enum(styleNames).default("filled").describe("how objects are rendered").meta({ placeholder: "name" }),
    objects: positiveInteger(100)
      .default(1)
      .describe("maximum number of objects in an image; its class is that of the largest object"),
    boxes: z
      .boolean()
      .default(false)
      .describe("write boxes.csv with the box of each object in pixels, right and bottom excluded"),
  }),
  notes: `Styles:
${listOfNames(styles, 10)}

The class is the texture, letter or ring that covers an object. The object's shape and color are independent of the class.`,
  examples: [
    "legible synthesize -o synthetic/train --count 4000",
    "legible synthesize -o synthetic/test --count 1000 --seed 1",
    "legible synthesize -o outlines/train --count 4000 --style outline",
    "legible synthesize -o scenes --count 2000 --size 128 --objects 3 --boxes",
    "legible train --data synthetic/train --classes 0-9 --steps 1000 --crop 64 --out runs/first-half",
  ],
  async run({ output, classes: given, ...settings }, { report, print, signal }) {
    const classes = given ?? findStyle(settings.style).defaultClasses;
    const bar = report.progress(settings.count, "rendering");
    let rendered = 0;
    const onProgress = (done: number) => {
      rendered = done;
      bar.update(done);
    };
    try {
      await writeSet(output, { ...settings, classes, signal, onProgress }).finally(bar.stop);
    } catch (error) {
      if (!signal.aborted) throw error;
      report.info(interruptedAfter(rendered, settings.count, "nothing was written"));
      return "interrupted";
    }
    print(`${settings.count} images of ${classes} classes in ${output}`);
    return "done";
  },
  stage: folderStage(["synthetic.json", "labels.csv"], "output"),
});
