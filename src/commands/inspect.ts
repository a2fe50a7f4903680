import { z } from "zod";
import { inspectModel } from "../inspection/inspect-file.js";
import { inspectionTable } from "../inspection/table.js";
import { path, sideLength } from "../settings.js";
import { defineCommand } from "./command.js";

export const inspect = defineCommand({
  name: "inspect",
  settings: z.object({
    model: path("an ONNX file", { position: 0, placeholder: "model" }),
    output: z
      .string()
      .optional()
      .describe("check the gradients of this value only: an output or any computed value")
      .meta({ placeholder: "name" }),
    inputSize: sideLength().optional().describe("side of the trial image in pixels if the model's input is dynamic"),
    json: z.boolean().default(false).describe("print everything as JSON"),
  }),
  notes: `The model runs on trial inputs. Open sizes are tried with one image of the size in the sidecar JSON, or 224. An operator without a gradient
rule is listed with its node and the path from the output, as in training.`,
  examples: [
    "legible inspect resnet18.onnx",
    "legible inspect detector.onnx --output head_0",
    "legible inspect their-sr.onnx --input-size 64 --json",
  ],
  async run({ model, json, output, inputSize }, { print }) {
    const options = { ...(output !== undefined && { output }), ...(inputSize && { inputSize }) };
    const inspection = await inspectModel(model, options);
    print(json ? JSON.stringify(inspection, null, 2) : inspectionTable(inspection));
    return "done";
  },
});
