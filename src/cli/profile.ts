import { Command } from "commander";
import { profile } from "../profiling/profile.js";
import { profileTable } from "../profiling/table.js";
import { workloadOf } from "../profiling/workload.js";
import { addRecognizerOptions, positiveInteger, type RecognizerFlags, recognizerFrom } from "./options.js";

interface Flags extends RecognizerFlags {
  batch?: number;
  passes?: string;
  runs: number;
  threads?: number;
  top: number;
  json?: true;
}

const command = new Command("profile")
  .description("say where the time of a training step or of a model goes, beside what the machine can do")
  .argument("<run|model>", "the folder of a training run, or an ONNX file")
  .option("--batch <n>", "pictures at once through a model whose file leaves it open (default: 1)", positiveInteger)
  .option("--passes <names>", "faster forms of the graph: all, none or names (default: the run's; none for a model)")
  .option("--runs <n>", "runs to time", positiveInteger, 10)
  .option("--threads <n>", "threads to compute with (default: one per core)", positiveInteger)
  .option("--top <n>", "how many of the slowest nodes to show", positiveInteger, 10)
  .option("--json", "print everything as JSON");

export const profileCommand = addRecognizerOptions(command)
  .addHelpText(
    "after",
    `
A run is profiled as \`legible train\` computes its step: its config.json says how, the pictures are random. A model is profiled as
it is applied. The first runs warm up and do not count. The times of operators come from ONNX Runtime's profiler; the time of
a run is measured without it. The peak is the best of a large product of matrices and a chain of convolutions, measured first.
Only convolutions and products of matrices count as arithmetic. For a model --size is the side of its pictures where it leaves
that open (default: 224); the other flags of the recognizer are for a run, as it was trained with.

Examples:
  $ legible profile runs/ra
  $ legible profile models/sr-x4-ra.onnx --batch 8 --size 56
  $ legible profile resnet18.onnx --batch 16 --top 20
  $ legible profile runs/ra --passes none --json`,
  )
  .action(run);

async function run(path: string, flags: Flags): Promise<void> {
  const { batch, size, passes, runs, threads, top, json } = flags;
  const work = await workloadOf(path, {
    ...(batch && { batch }),
    ...(size && { size }),
    ...(passes !== undefined && { passes }),
    preprocessing: recognizerFrom(flags),
  });
  console.error(`profiling ${work.title}`);
  const result = await profile(work, { runs, ...(threads && { threads }) });
  console.log(json ? JSON.stringify(result, null, 2) : profileTable(result, top));
}
