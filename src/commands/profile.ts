import { z } from "zod";
import { profile as measure } from "../profiling/profile.js";
import { profileTable } from "../profiling/table.js";
import { workloadOf } from "../profiling/workload.js";
import { path, positiveInteger, sideLength, threadCount } from "../settings.js";
import { defineCommand } from "./command.js";

export const profile = defineCommand({
  name: "profile",
  settings: z.object({
    target: path("the folder of a training run, or an ONNX file", { position: 0, placeholder: "run|model" }),
    batch: positiveInteger(65536).optional().describe("batch size if that of the model is dynamic (default: 1)"),
    size: sideLength()
      .optional()
      .describe("side of the images in pixels if the model's input is dynamic (default: 224)"),
    passes: z
      .string()
      .optional()
      .describe("graph passes: all, none or names (default: the run's; none for a model)")
      .meta({ placeholder: "names" }),
    runs: positiveInteger().default(10).describe("timed runs"),
    threads: threadCount(),
    top: positiveInteger().default(10).describe("number of the slowest nodes to show"),
    json: z.boolean().default(false).describe("print everything as JSON"),
  }),
  notes: `The step of a run is built from its config.json, as in training; its images are random. A model is profiled as it is. The first runs
warm up and do not count. The times of operators come from ONNX Runtime's profiler; the time of a run is measured without it. The
peak is the best of a large matrix product and a chain of convolutions, measured first. Only convolutions and matrix products count
as arithmetic.`,
  examples: [
    "legible profile runs/ra",
    "legible profile models/sr-x4-ra.onnx --batch 8 --size 56",
    "legible profile resnet18.onnx --batch 16 --top 20",
    "legible profile runs/ra --passes none --json",
  ],
  async run({ target, batch, size, passes, runs, threads, top, json }, { report, print }) {
    const work = await workloadOf(target, {
      ...(batch && { batch }),
      ...(size && { size }),
      ...(passes !== undefined && { passes }),
    });
    report.info(`profiling ${work.title}`);
    const result = await measure(work, { runs, threads });
    print(json ? JSON.stringify(result, null, 2) : profileTable(result, top));
    return "done";
  },
});
