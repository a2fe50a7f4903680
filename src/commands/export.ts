import { z } from "zod";
import { optimizeForInference, shapeFree } from "../passes/optimize-for-inference.js";
import { modelFiles, readModel, writeModel } from "../platform/node/models.js";
import { requireWritable } from "../platform/node/outputs.js";
import { path } from "../settings.js";
import { defineCommand } from "./command.js";
import { listOfNames } from "./notes.js";

export const exportModel = defineCommand({
  name: "export",
  summary: "optimize a model for inference, with standard ONNX operators only",
  settings: z.object({
    model: path("a trained processor or another network (ONNX)", { position: 0, placeholder: "model" }),
    out: path("the optimized model", { short: "o", placeholder: "file" }),
  }),
  notes: `The result has the same inputs and outputs, accepts images of the same sizes and computes the same, up to rounding. Continue training with
the model that training wrote: in this one, weights are folded into each other. Passes that are applied where they match:
${listOfNames(shapeFree, 20)}

evaluate and enhance optimize models by themselves.`,
  examples: ["legible export runs/srresnet/model.onnx -o srresnet.onnx"],
  async run({ model, out }, { report, print }) {
    await requireWritable([out], modelFiles(model));
    const graph = await readModel(model);
    for (const note of graph.notes ?? []) report.info(`note: ${note}`);
    const optimized = optimizeForInference(graph);
    await writeModel(optimized, out);
    if (optimized === graph) report.info("no pass applies: the model is already optimized");
    print(out);
    return "done";
  },
});
