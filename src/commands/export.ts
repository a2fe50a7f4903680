import { z } from "zod";
import { omissionsOf } from "../data/settings.js";
import { UserError } from "../errors.js";
import { reportImages } from "../experiments/reported-images.js";
import type { Graph } from "../onnx/graph.js";
import { withHalfWeights } from "../onnx/half-weights.js";
import { optimizeForInference, shapeFree } from "../passes/optimize-for-inference.js";
import { modelFiles, readModel, writeModel } from "../platform/node/models.js";
import { requireWritable } from "../platform/node/outputs.js";
import { withBorder } from "../processors/border.js";
import { quantizedNetwork } from "../processors/calibrate.js";
import { openProcessor } from "../processors/open.js";
import { weightsOf } from "../processors/weights.js";
import type { Reporter } from "../reporter.js";
import { named, path, paths } from "../settings.js";
import { calibrationImages } from "./calibration-images.js";
import { defineCommand } from "./command.js";
import { failureSettings } from "./failures.js";
import { listOfNames } from "./notes.js";
import { fileStage } from "./stage.js";

export const exportModel = defineCommand({
  name: "export",
  settings: z.object({
    model: path("a trained processor or another network (ONNX)", { position: 0, placeholder: "model" }),
    out: path("the optimized model", { short: "o", placeholder: "file" }),
    float16: z
      .boolean()
      .default(false)
      .describe("store weights in half precision, for half the file size; they are computed in float32"),
    int8: z
      .boolean()
      .default(false)
      .describe("compute the convolutions of a processor in 8 bits, apart from the first and the last"),
    calibrate: paths(
      "images that the ranges of its feature maps are measured on, such as the training data",
    ).optional(),
    ...failureSettings,
  }),
  notes: `The result has the same inputs and outputs, accepts images of the same sizes and computes the same, up to rounding. Continue training with
the model that training wrote: in this one, weights are folded into each other. Passes that are applied where they match:
${listOfNames(shapeFree, 20)}

The result of a processor also mirrors the image by some pixels beyond its edges and crops the output, because zero padding changes the
pixels near the edges otherwise. Their number is measured on flat images.

evaluate and enhance do both by themselves.

With --int8, --calibrate DATA is needed: up to 32 of its images are degraded as in the training of the processor. Images that cannot be
read are left out and listed. The result needs a quarter of the space. It has QuantizeLinear and DequantizeLinear around each convolution, which ONNX Runtime computes in 8 bits. How much
faster that is depends on the processor's width and on the machine (docs/measurements.md); compare the PSNR with evaluate.

With --float16, a Cast to float32 follows each stored weight, so that every runtime computes in float32. Vectors, constants such as fixed
filters, and weights that half precision cannot hold, because they are too large or too small, are stored in float32.`,
  examples: [
    "legible export runs/srresnet/model.onnx -o srresnet.onnx",
    "legible export runs/ra/model.onnx --float16 -o small.onnx",
    "legible export runs/ra/model.onnx --int8 --calibrate photos -o fast.onnx",
  ],
  async run({ model, out, float16, int8, calibrate }, { report, print }) {
    requireOneKind({ float16, int8, calibrate });
    await requireWritable([out], modelFiles(model));
    const graph = await readModel(model);
    for (const note of graph.notes ?? []) report.info(`note: ${note}`);
    const optimized = optimizeForInference(graph);
    const { computed, unusable } = calibrate
      ? await inInt8(model, optimized, calibrate, report)
      : { computed: optimized, unusable: 0 };
    const { bordered, border } = await borderedAs(model, computed);
    const { graph: stored, kept } = float16
      ? withHalfWeights(bordered, constantsOf(bordered))
      : { graph: bordered, kept: [] };
    await writeModel(stored, out);
    if (kept.length > 0)
      report.info(`note: stored in float32, because half precision cannot hold them: ${kept.join(", ")}`);
    if (optimized === graph) report.info("no pass applies: the model is already optimized");
    if (border > 0) report.info(`border: the model mirrors its input by ${border} pixels and crops its output`);
    print(out);
    return { unusable };
  },
  stage: fileStage("out", "model.onnx"),
});

/** @throws UserError when settings do not go together. */
function requireOneKind(settings: { float16: boolean; int8: boolean; calibrate: readonly string[] | undefined }): void {
  const { float16, int8, calibrate } = settings;
  if (int8 && float16) throw new UserError(`${named("int8")} does not go with ${named("float16")}`);
  if (int8 !== (calibrate !== undefined))
    throw new UserError(`${named("int8")} and ${named("calibrate")} go together: give both or none`);
}

/** The optimized graph of a processor in 8 bits, and how many images could not be used to calibrate it; these are listed. */
async function inInt8(
  model: string,
  optimized: Graph,
  folders: readonly string[],
  report: Reporter,
): Promise<{ computed: Graph; unusable: number }> {
  const { format, card } = await openProcessor(model);
  const { images, skipped, dataset } = await calibrationImages(folders, card);
  for (const line of omissionsOf(dataset)) report.info(line);
  const remarks = skipped.map(({ file, reason }) => [file, reason] as const);
  reportImages(remarks, [], report);
  const computed = await quantizedNetwork({ graph: optimized, format }, images);
  return { computed, unusable: dataset.missing.length + skipped.length };
}

/** The initializers that are no weights, such as fixed filters. */
const constantsOf = (graph: Graph): ReadonlySet<string> => new Set([...weightsOf(graph).constant.values()].flat());

/** The optimized graph of a model with the border that the model needs; unchanged if the model is not a processor. */
async function borderedAs(model: string, optimized: Graph): Promise<{ bordered: Graph; border: number }> {
  const processor = await openProcessor(model).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  if (!processor) return { bordered: optimized, border: 0 };
  try {
    const border = await processor.border();
    if (border === 0) return { bordered: optimized, border };
    const { scale } = await processor.geometry();
    return { bordered: withBorder({ graph: optimized, format: processor.format }, border, scale), border };
  } finally {
    await processor.release();
  }
}
