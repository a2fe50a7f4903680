import { Command } from "commander";
import { optimizeForInference, shapeFree } from "../passes/optimize-for-inference.js";
import { readModel, writeModel } from "../platform/node/models.js";

const rewrites = shapeFree.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`).join("\n");

export const exportCommand = new Command("export")
  .description("write a model in the form that infers fastest, of standard operators, for any program that runs ONNX")
  .argument("<model>", "a trained processor or another network (ONNX)")
  .requiredOption("-o, --out <file>", "the model to ship")
  .addHelpText(
    "after",
    `
It has the same inputs and outputs, takes pictures of the same sizes and computes the same, up to rounding. Go on training with
the model that training wrote: in this one weights are folded into each other. What is rewritten, where it occurs:
${rewrites}

evaluate and enhance do this by themselves.

Example:
  $ legible export runs/srresnet/model.onnx -o srresnet.onnx`,
  )
  .action(async (model: string, { out }: { out: string }) => {
    const graph = await readModel(model);
    const form = optimizeForInference(graph);
    await writeModel(form, out);
    if (form === graph) console.error("nothing to rewrite: it is in that form already");
    console.log(out);
  });
