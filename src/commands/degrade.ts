import { z } from "zod";
import { taskFrom, taskSettings } from "../data/tasks/settings.js";
import { degradeFiles } from "../enhancement/batch.js";
import { planFiles } from "../enhancement/plan.js";
import { path, paths, seed } from "../settings.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { images, keptNote, outputHelp, reportFailures, reportLeftOut, reportRemarks, runBatch } from "./files.js";

export const degrade = defineCommand({
  name: "degrade",
  summary: "apply the degradation of a task to image files",
  settings: z.object({
    inputs: paths("images, or folders of images", { position: 0, placeholder: "input" }),
    output: path(outputHelp, { short: "o" }),
    ...taskSettings,
    seed: seed("random seed"),
    ...failureSettings,
  }),
  notes: `If an option is a range, such as --sigma 0.05..0.2, a value is chosen at random for each image. The same seed gives the same images.
For super-resolution an image is first cropped to a multiple of the scale.

PNG, JPEG, WebP and TIFF keep their format (JPEG at quality 95); other formats become PNG. Transparency becomes white. Images that
cannot be read are skipped and listed.`,
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
    const summary = await runBatch("degrading", plan, context, (batch) =>
      degradeFiles(task, plan, { seed: first, ...batch }),
    );
    if (!summary) return "interrupted";
    reportLeftOut(plan, context);
    reportRemarks(summary, context);
    reportFailures(summary, count, "degraded", context);
    context.print(`${images(summary.written.length)} in ${output}${keptNote(summary.kept)}`);
    return { unusable: summary.failed.length };
  },
});
