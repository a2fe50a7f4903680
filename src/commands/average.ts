import { z } from "zod";
import { UserError } from "../errors.js";
import { modelFiles, writeModel } from "../platform/node/models.js";
import { requireWritable } from "../platform/node/outputs.js";
import { averageProcessors } from "../processors/average.js";
import { openProcessor } from "../processors/open.js";
import { named, path, paths } from "../settings.js";
import { defineCommand } from "./command.js";
import { fileStage } from "./stage.js";

export const average = defineCommand({
  name: "average",
  settings: z.object({
    models: paths("processors of the same architecture (ONNX): two or more, or one with from", {
      position: 0,
      placeholder: "model",
    }),
    from: path("the processor with their common initial weights; requires factor", { placeholder: "file" }).optional(),
    factor: z
      .number()
      .optional()
      .describe("extrapolation factor: the result is from + factor * (mean - from)")
      .meta({ placeholder: "x" }),
    out: path("the averaged processor", { short: "o", placeholder: "file" }),
  }),
  notes: `Each training has random variation, which the mean reduces. The mean keeps what the trainings have in common, which transfers better
to other recognizers. Train the processors with --init from one model and --seed 0, 1, 2, …

The mean is closer to the initial weights than each processor is. --from START --factor 1.3 compensates for that. With a single
processor, a factor below 1 gives one between START and it, with less of its gain and less of its loss of PSNR.`,
  examples: [
    "legible average runs/ra-0/model.onnx runs/ra-1/model.onnx runs/ra-2/model.onnx -o ra.onnx",
    "legible average runs/ra-?/model.onnx --from runs/start/model.onnx --factor 1.3 -o ra.onnx",
    "legible average runs/ra/model.onnx --from runs/plain/model.onnx --factor 0.7 -o ra.onnx",
  ],
  async run({ models, from, factor, out }, { print }) {
    if ((from === undefined) !== (factor === undefined))
      throw new UserError(`${named("from")} and ${named("factor")} must be set together`);
    await requireWritable([out], [...models, from ?? []].flat().flatMap(modelFiles));
    const graphOf = async (file: string) => (await openProcessor(file)).graph;
    const processors = [];
    for (const file of models) processors.push(await graphOf(file));
    const reach = from !== undefined && factor !== undefined ? { start: await graphOf(from), factor } : undefined;
    await writeModel(averageProcessors(processors, reach), out);
    print(out);
    return "done";
  },
  stage: fileStage("out", "model.onnx"),
});
