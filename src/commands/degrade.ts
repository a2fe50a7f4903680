import { z } from "zod";
import { taskFrom, taskSettings } from "../data/tasks/settings.js";
import { degradeFiles } from "../enhancement/batch.js";
import type { BatchOptions } from "../enhancement/image-jobs.js";
import { planFiles } from "../enhancement/plan.js";
import { path, paths, seed } from "../settings.js";
import { batchNotes, batchSettings } from "./batch-settings.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { images, keptNote, outputHelp, reportFailures, reportLeftOut, reportRemarks, runBatch } from "./files.js";

export const degrade = defineCommand({
  name: "degrade",
  settings: z.object({
    inputs: paths("images, or folders of images", { position: 0, placeholder: "input" }),
    output: path(outputHelp, { short: "o" }),
    ...taskSettings,
    seed: seed("random seed"),
    ...batchSettings,
    ...failureSettings,
  }),
  notes: `If an option is a range, such as --sigma 0.05..0.2, a value is chosen at random for each image. The same seed gives the same images.
For super-resolution an image is first cropped to a multiple of the scale.

PNG, JPEG, WebP and TIFF keep their format (JPEG at quality 95); other formats become PNG. Transparency becomes white. Images that
cannot be read are skipped and listed.

${batchNotes}`,
  examples: [
    "legible degrade photo.jpg --task sr --scale 2 -o small.png",
    "legible degrade holidays --task denoise --sigma 0.05..0.2 -o noisy",
    "legible degrade photo.png --task jpeg --quality 10 -o blocky.png",
    "legible degrade photo.png --task deblur --kind motion --length 25 --angle 0..90 -o shaken.png",
    "legible degrade photo.png --task corruption --kind fog --severity 5 -o foggy.png",
  ],
  async run(settings, context) {
    const task = taskFrom(settings);
    const { seed: first, output } = settings;
    const plan = await planFiles(settings.inputs, output);
    const count = plan.images.length;
    context.report.info(`degrading ${images(count)} for ${task.name} ${JSON.stringify(task.options)}`);
    const run = {
      ...settings,
      collect: false,
      scale: 1 / task.scale,
      about: { task: task.name, options: task.options },
    };
    const batch = (options: BatchOptions) => degradeFiles(task, plan, { seed: first, ...options });
    const ended = await runBatch("degrading", plan, context, batch, run);
    if (!ended) return "interrupted";
    const { tally } = ended;
    reportLeftOut(plan, context);
    reportRemarks(tally, context);
    reportFailures(tally, count, "degraded", context, run);
    const line = `${images(tally.written)} in ${output}${keptNote(tally.kept)}`;
    if (settings.jsonLines) context.report.info(line);
    else context.print(line);
    return { unusable: tally.failed.count };
  },
});
