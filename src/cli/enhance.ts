import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { enhanceFiles } from "../enhancement/batch.js";
import { openOutputStore } from "../enhancement/image-jobs.js";
import { planFiles } from "../enhancement/plan.js";
import { defaultTile } from "../enhancement/tiles.js";
import { UserError } from "../errors.js";
import { openProcessor } from "../processors/open.js";
import { positiveInteger } from "./options.js";
import { keptNote, logEnd, pictures, reportFailures } from "./pictures.js";
import { progress } from "./progress.js";
import { untilStopped } from "./stop.js";

/** The processor that comes with the package: super-resolution x4, trained with the recognition-aware objective. */
const defaultModel = fileURLToPath(new URL("../../../models/sr-x4-ra.onnx", import.meta.url));

interface Flags {
  model: string;
  output: string;
  tile: number;
  scale?: number;
  threads?: number;
  json?: true;
}

export const enhanceCommand = new Command("enhance")
  .description("apply a trained processor to picture files")
  .argument("<input...>", "pictures, or folders of pictures")
  .requiredOption("-o, --output <path>", "folder for the results; for a single picture also a file name")
  .option("--model <file>", "the processor, an ONNX file that maps a picture to a picture", defaultModel)
  .option("--tile <n>", "work in tiles of n pixels a side; smaller takes less memory", positiveInteger, defaultTile)
  .option("--scale <n>", "fail unless the model enlarges n times", positiveInteger)
  .option("--threads <n>", "threads to compute with (default: one per core)", positiveInteger)
  .option("--json", "print a summary as JSON")
  .addHelpText(
    "after",
    `
Examples:
  $ legible enhance photo.jpg -o large.jpg
  $ legible enhance a.png b.webp -o enhanced
  $ legible enhance holidays --model denoise.onnx -o holidays-clean

PNG, JPEG, WebP and TIFF keep their format, other formats become PNG. Transparency, 16 bits a channel, gray and the
resolution are kept; colors become sRGB. Pictures that cannot be read are skipped, listed at the end, and make the
command exit with 1. If interrupted, rerun the command to resume: complete results of a folder are kept.`,
  )
  .action(enhance);

async function enhance(inputs: string[], flags: Flags): Promise<void> {
  await untilStopped((signal) => enhanceUntil(signal, inputs, flags));
}

async function enhanceUntil(signal: AbortSignal, inputs: string[], flags: Flags): Promise<void> {
  const { model, output, tile, scale, threads, json } = flags;
  const processor = await openProcessor(model, threads === undefined ? {} : { threads });
  const geometry = await processor.geometry();
  const { device } = await processor.session();
  if (scale !== undefined && scale !== geometry.scale)
    throw new UserError(`\`--scale ${scale}\` does not fit ${model}: it enlarges x${geometry.scale}`);
  const plan = await planFiles(inputs, output);
  const { images } = plan;
  console.error(`enhancing ${pictures(images.length)} x${geometry.scale} with ${model} on ${device}`);

  const start = performance.now();
  const bar = progress(images.length, "enhancing", { lines: false });
  const store = await openOutputStore(plan);
  let ended = 0;
  const { written, kept, failed } = await enhanceFiles(processor, plan, {
    tile,
    store,
    signal,
    onProgress: (index, done) => bar.update(index, `${images[index]?.input} ${Math.round(done * 100)} %`),
    onEnd(event) {
      bar.update(++ended);
      logEnd(event);
    },
  }).finally(() => {
    bar.stop();
    return store?.close();
  });

  const seconds = (performance.now() - start) / 1000;
  if (json)
    console.log(JSON.stringify({ model, scale: geometry.scale, device, seconds, written, kept, failed }, null, 2));
  reportFailures(failed, images.length, "enhanced");
  if (!json) console.log(`${pictures(written.length)} in ${output}${keptNote(kept)}, ${seconds.toFixed(1)} s`);
}
