import { Command } from "commander";
import { degradeFiles } from "../enhancement/batch.js";
import { openOutputStore } from "../enhancement/image-jobs.js";
import { planFiles } from "../enhancement/plan.js";
import { addTaskOptions, number, taskFrom } from "./options.js";
import { keptNote, logEnd, pictures, reportFailures } from "./pictures.js";
import { progress } from "./progress.js";
import { untilStopped } from "./stop.js";

interface Flags extends Record<string, unknown> {
  task: string;
  output: string;
  seed: number;
}

const command = new Command("degrade")
  .description("write degraded pictures to look at, as processors are given them")
  .argument("<input...>", "pictures, or folders of pictures")
  .requiredOption("-o, --output <path>", "folder for the results; for a single picture also a file name");

export const degradeCommand = addTaskOptions(command)
  .option("--seed <n>", "of everything random", number, 0)
  .addHelpText(
    "after",
    `
Where an option is a range, such as --sigma 0.05..0.2, a value is drawn for each picture. The same seed gives the same
pictures. Before super-resolution's reduction a picture is cropped to a multiple of the scale.

PNG, JPEG, WebP and TIFF keep their format (a JPEG is written with quality 95), other formats become PNG. Transparency
becomes white. Pictures that cannot be read are skipped, listed at the end, and make the command exit with 1.

Examples:
  $ legible degrade photo.jpg --task sr --scale 2 -o small.png
  $ legible degrade holidays --task denoise --sigma 0.05..0.2 -o noisy
  $ legible degrade photo.png --task jpeg --quality 10 -o blocky.png
  $ legible degrade photo.png --task deblur --kind motion --length 25 --angle 0..90 -o shaken.png
  $ legible degrade photo.png --task corruption --kind fog --severity 5 -o foggy.png`,
  )
  .action(degrade);

async function degrade(inputs: string[], flags: Flags): Promise<void> {
  await untilStopped((signal) => degradeUntil(signal, inputs, flags));
}

async function degradeUntil(signal: AbortSignal, inputs: string[], flags: Flags): Promise<void> {
  const task = taskFrom(flags);
  const plan = await planFiles(inputs, flags.output);
  const { images } = plan;
  console.error(`degrading ${pictures(images.length)} for ${task.name} ${JSON.stringify(task.options)}`);
  const bar = progress(images.length, "degrading", { lines: false });
  const store = await openOutputStore(plan);
  let ended = 0;
  const { written, kept, failed } = await degradeFiles(task, plan, {
    seed: flags.seed,
    store,
    signal,
    onProgress: (index) => bar.update(index, images[index]?.input),
    onEnd(event) {
      bar.update(++ended);
      logEnd(event);
    },
  }).finally(() => {
    bar.stop();
    return store?.close();
  });
  reportFailures(failed, images.length, "degraded");
  console.log(`${pictures(written.length)} in ${flags.output}${keptNote(kept)}`);
}
