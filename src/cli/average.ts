import { Command } from "commander";
import { readModel } from "../graph/read.js";
import { writeModel } from "../graph/write.js";
import { averageProcessors } from "../networks/average.js";

export const averageCommand = new Command("average")
  .description("average the weights of processors that were trained alike from one start, with different seeds")
  .argument("<model...>", "processors of one make (ONNX), two or more")
  .requiredOption("-o, --out <file>", "the averaged processor")
  .addHelpText(
    "after",
    `
The loss of one recognizer pulls each training partly its own way. The mean keeps what several agree on: it is nearer to the
original and other recognizers gain more from it. Train the processors with --init from one model and --seed 0, 1, 2, …

Example:
  $ legible average runs/ra-0/model.onnx runs/ra-1/model.onnx runs/ra-2/model.onnx -o ra.onnx`,
  )
  .action(async (files: string[], { out }: { out: string }) => {
    const processors = [];
    for (const file of files) processors.push(await readModel(file));
    await writeModel(averageProcessors(processors), out);
    console.log(out);
  });
