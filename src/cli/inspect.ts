import { Command } from "commander";
import { type InspectOptions, inspectModel } from "../inspection/inspect.js";
import { inspectionTable } from "../inspection/table.js";
import { positiveInteger } from "./options.js";

interface Flags extends InspectOptions {
  json?: true;
}

export const inspectCommand = new Command("inspect")
  .description("say what an ONNX model is made of, whether gradients pass through it, and what it can serve as")
  .argument("<model>", "an ONNX file")
  .option("--output <name>", "ask about the gradients of this value, an output or any other, alone")
  .option("--input-size <n>", "try it on pictures of n pixels a side where it leaves the size open", positiveInteger)
  .option("--json", "print everything as JSON")
  .addHelpText(
    "after",
    `
The model is run once on zeros. Open sizes are tried as one picture of the side that the JSON beside the model says, or 224.
An operator without a gradient rule is named with its node and the path from the output, as training would do.

Examples:
  $ legible inspect resnet18.onnx
  $ legible inspect detector.onnx --output head_0
  $ legible inspect their-sr.onnx --input-size 64 --json`,
  )
  .action(async (model: string, { json, ...options }: Flags) => {
    const inspection = await inspectModel(model, options);
    console.log(json ? JSON.stringify(inspection, null, 2) : inspectionTable(inspection));
  });
