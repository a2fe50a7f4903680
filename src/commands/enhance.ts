import { fileURLToPath } from "node:url";
import { z } from "zod";
import { enhanceFiles } from "../enhancement/batch.js";
import { planFiles } from "../enhancement/plan.js";
import { smallestTile } from "../enhancement/tile-size.js";
import { UserError } from "../errors.js";
import { readGate, requireGateOf } from "../gate/gate.js";
import { openProcessor } from "../processors/open.js";
import { named, path, paths, positiveInteger, threadCount } from "../settings.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import {
  images,
  keptNote,
  outputHelp,
  reportFailures,
  reportLeftOut,
  reportRemarks,
  reportSkipped,
  runBatch,
} from "./files.js";

/** The packaged processor for x4 super-resolution, trained with the objective ra. */
const packagedModel = fileURLToPath(new URL("../../../models/sr-x4-ra.onnx", import.meta.url));

export const enhance = defineCommand({
  name: "enhance",
  summary: "apply a trained processor to image files",
  settings: z.object({
    inputs: paths("images, or folders of images", { position: 0, placeholder: "input" }),
    output: path(outputHelp, { short: "o" }),
    model: path("the processor, an ONNX file (default: the packaged one for x4)", { placeholder: "file" }).optional(),
    tile: positiveInteger()
      .min(smallestTile, `must be ${smallestTile} or more`)
      .optional()
      .describe(
        "side of a tile in pixels; smaller tiles need less memory (default: what 128 MiB of feature maps allow)",
      ),
    gate: path("skip images for which this gate finds that processing would hurt (see legible gate)", {
      placeholder: "file",
    }).optional(),
    scale: positiveInteger().optional().describe("fail unless the scale of the model is n"),
    threads: threadCount().optional().describe("intra-op threads of ONNX Runtime (default: one per core)"),
    ...failureSettings,
    json: z.boolean().default(false).describe("print a summary as JSON"),
  }),
  notes: `PNG, JPEG, WebP and TIFF keep their format; other formats become PNG. Transparency, 16 bits a channel, gray and the resolution are
kept; colors become sRGB. Metadata (EXIF, XMP, IPTC) are not kept. Images without an end marker and damaged images that can be decoded
are listed. Images that cannot be read are skipped and listed.
Images that --gate skips are written with their own pixels, enlarged bicubically if the model enlarges; they are listed with the reason.
If interrupted, rerun the command to resume: complete results in a folder are kept.`,
  examples: [
    "legible enhance photo.jpg -o large.jpg",
    "legible enhance a.png b.webp -o enhanced",
    "legible enhance holidays --model denoise.onnx -o holidays-clean",
    "legible enhance holidays --model denoise.onnx --gate denoise.gate.json -o holidays-clean",
  ],
  async run(settings, context) {
    const { inputs, output, model = packagedModel, tile, gate: gateFile, scale: wanted, threads, json } = settings;
    const processor = await openProcessor(model, threads === undefined ? {} : { threads });
    const gate = gateFile === undefined ? undefined : await readGate(gateFile);
    if (gate) requireGateOf(gate, processor);
    const { scale } = await processor.geometry();
    const { device } = await processor.session();
    if (wanted !== undefined && wanted !== scale)
      throw new UserError(`${named("scale")} ${wanted} does not fit ${model}: its scale is ${scale}`);
    const plan = await planFiles(inputs, output);
    const count = plan.images.length;
    context.report.info(`enhancing ${images(count)} x${scale} with ${model} on ${device}`);
    const start = performance.now();
    if (gate?.threshold === null) context.report.info(`${gateFile} certified no threshold: no image is processed`);
    const summary = await runBatch("enhancing", plan, context, (batch) =>
      enhanceFiles(processor, plan, { tile, gate, ...batch }),
    );
    if (!summary) return "interrupted";
    const { written, kept } = summary;
    const seconds = (performance.now() - start) / 1000;
    if (json)
      context.print(
        JSON.stringify({ model, gate: gateFile, scale, device, seconds, ...summary, leftOut: plan.leftOut }, null, 2),
      );
    reportLeftOut(plan, context);
    reportSkipped(summary, gateFile, context);
    reportRemarks(summary, context);
    reportFailures(summary, count, "enhanced", context);
    if (!json) context.print(`${images(written.length)} in ${output}${keptNote(kept)}, ${seconds.toFixed(1)} s`);
    return { unusable: summary.failed.length };
  },
});
