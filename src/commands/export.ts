import { z } from "zod";
import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { withHalfWeights } from "../onnx/half-weights.js";
import { optimizeForInference, shapeFree } from "../passes/optimize-for-inference.js";
import { modelFiles, readModel, writeModel } from "../platform/node/models.js";
import { requireWritable } from "../platform/node/outputs.js";
import { withBorder } from "../processors/border.js";
import { openProcessor } from "../processors/open.js";
import { weightsOf } from "../processors/weights.js";
import { path } from "../settings.js";
import { defineCommand } from "./command.js";
import { listOfNames } from "./notes.js";

export const exportModel = defineCommand({
  name: "export",
  summary: "optimize a model for inference, with standard ONNX operators only",
  settings: z.object({
    model: path("a trained processor or another network (ONNX)", { position: 0, placeholder: "model" }),
    out: path("the optimized model", { short: "o", placeholder: "file" }),
    float16: z
      .boolean()
      .default(false)
      .describe("store weights in half precision, for half the file size; they are computed in float32"),
  }),
  notes: `The result has the same inputs and outputs, accepts images of the same sizes and computes the same, up to rounding. Continue training with
the model that training wrote: in this one, weights are folded into each other. Passes that are applied where they match:
${listOfNames(shapeFree, 20)}

The result of a processor also mirrors the image by some pixels beyond its edges and crops the output, because zero padding changes the
pixels near the edges otherwise. Their number is measured on flat images.

evaluate and enhance do both by themselves.

With --float16, a Cast to float32 follows each stored weight, so that every runtime computes in float32. Vectors, constants such as fixed
filters, and weights that half precision cannot hold, because they are too large or too small, are stored in float32.`,
  examples: [
    "legible export runs/srresnet/model.onnx -o srresnet.onnx",
    "legible export runs/ra/model.onnx --float16 -o small.onnx",
  ],
  async run({ model, out, float16 }, { report, print }) {
    await requireWritable([out], modelFiles(model));
    const graph = await readModel(model);
    for (const note of graph.notes ?? []) report.info(`note: ${note}`);
    const optimized = optimizeForInference(graph);
    const { bordered, border } = await borderedAs(model, optimized);
    const { graph: stored, kept } = float16
      ? withHalfWeights(bordered, constantsOf(bordered))
      : { graph: bordered, kept: [] };
    await writeModel(stored, out);
    if (kept.length > 0)
      report.info(`note: stored in float32, because half precision cannot hold them: ${kept.join(", ")}`);
    if (optimized === graph) report.info("no pass applies: the model is already optimized");
    if (border > 0) report.info(`border: the model mirrors its input by ${border} pixels and crops its output`);
    print(out);
    return "done";
  },
});

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
