import { z } from "zod";
import { UserError } from "../errors.js";
import { writeModel } from "../platform/node/models.js";
import { averageProcessors } from "../processors/average.js";
import { openProcessor } from "../processors/open.js";
import { named, path, paths } from "../settings.js";
import { defineCommand } from "./command.js";
import { fileStage } from "./stage.js";

export const average = defineCommand({
  name: "average",
  summary: "average the weights of processors that were trained alike from one start with different seeds",
  settings: z.object({
    models: paths("processors of one architecture (ONNX), two or more", { position: 0, placeholder: "model" }),
    from: path("the processor that they were all trained from; needs factor", { placeholder: "file" }).optional(),
    factor: z
      .number()
      .optional()
      .describe("move this many times as far from there as the mean has moved")
      .meta({ placeholder: "x" }),
    out: path("the averaged processor", { short: "o", placeholder: "file" }),
  }),
  notes: `The loss of one recognizer pulls each training partly in its own direction. The mean keeps what several trainings agree on: it is
nearer to the original, and other recognizers gain more from it. Train the processors with --init from one model and --seed 0, 1, 2, …

The mean has moved less far than each of them. --from START --factor 1.3 moves further in the same direction.`,
  examples: [
    "legible average runs/ra-0/model.onnx runs/ra-1/model.onnx runs/ra-2/model.onnx -o ra.onnx",
    "legible average runs/ra-?/model.onnx --from runs/start/model.onnx --factor 1.3 -o ra.onnx",
  ],
  async run({ models, from, factor, out }, { print }) {
    if ((from === undefined) !== (factor === undefined))
      throw new UserError(`${named("from")} and ${named("factor")} need each other`);
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
