import { Command } from "commander";
import { UserError } from "../errors.js";
import { readModel, writeModel } from "../platform/node/models.js";
import { averageProcessors } from "../processors/average.js";
import { number } from "./options.js";

interface Flags {
  out: string;
  from?: string;
  factor?: number;
}

export const averageCommand = new Command("average")
  .description("average the weights of processors that were trained alike from one start, with different seeds")
  .argument("<model...>", "processors of one make (ONNX), two or more")
  .option("--from <file>", "the processor that they were all trained from; needs --factor")
  .option("--factor <x>", "go this many times as far from there as the mean has come", number)
  .requiredOption("-o, --out <file>", "the averaged processor")
  .addHelpText(
    "after",
    `
The loss of one recognizer pulls each training partly its own way. The mean keeps what several agree on: it is nearer to the
original and other recognizers gain more from it. Train the processors with --init from one model and --seed 0, 1, 2, …

The mean has come less far than each of them. --from START --factor 1.3 goes on in the same direction.

Examples:
  $ legible average runs/ra-0/model.onnx runs/ra-1/model.onnx runs/ra-2/model.onnx -o ra.onnx
  $ legible average runs/ra-?/model.onnx --from runs/start/model.onnx --factor 1.3 -o ra.onnx`,
  )
  .action(async (files: string[], { out, from, factor }: Flags) => {
    if ((from === undefined) !== (factor === undefined)) throw new UserError("--from and --factor go together");
    const processors = [];
    for (const file of files) processors.push(await readModel(file));
    const reach = from !== undefined && factor !== undefined ? { start: await readModel(from), factor } : undefined;
    await writeModel(averageProcessors(processors, reach), out);
    console.log(out);
  });
