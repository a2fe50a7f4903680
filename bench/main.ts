import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { messageOf, UserError } from "../src/errors.js";
import { writeBytes } from "../src/platform/node/files.js";
import { measurePeak } from "../src/profiling/peak.js";
import { type Entry, race } from "./race.js";
import { printReport, rowOf } from "./report.js";
import { rivals } from "./rivals.js";
import { works } from "./works.js";

const help = `Compares the speed of Legible and its rivals on the same workloads, in alternating order, each in its own process.

  npm run bench -- [options]

  --works a,b       workloads (default: all)
  --rivals a,b      rivals (default: all)
  --batch 1,4,8,16  batch sizes (default: 4); workloads with a number in parentheses use that one
  --repeats n       repetitions per rival (default: 3)
  --images n        number of image files of the pipelines (default: 1000)
  --json FILE       write the results to FILE

Workloads:
${works.map(({ name, summary, batch }) => `  ${name.padEnd(22)} ${summary}${batch ? ` (${batch})` : ""}`).join("\n")}

Rivals: ${rivals.map(({ name }) => name).join(", ")}
A rival that is not installed or does not support a workload is reported with the reason.
LEGIBLE_BENCH_PYTHON names the Python of PyTorch, such as that of a virtual environment.`;

const { values } = parseArgs({
  options: {
    works: { type: "string", default: works.map(({ name }) => name).join() },
    rivals: { type: "string", default: rivals.map(({ name }) => name).join() },
    batch: { type: "string", default: "4" },
    repeats: { type: "string", default: "3" },
    images: { type: "string", default: "1000" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** The entries of a list with the given names. */
function chosen<T extends { readonly name: string }>(all: readonly T[], names: string): T[] {
  return names.split(",").map((name) => {
    const found = all.find((each) => each.name === name);
    if (found) return found;
    throw new UserError(`cannot find "${name}": unknown name; give one of ${all.map((each) => each.name).join(", ")}`);
  });
}

/** The instruction sets that decide the speed of networks, as Linux names them. */
const INSTRUCTIONS = ["avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile", "amx_int8", "amx_bf16"];

/** Those that this processor has; none where the system does not tell. */
async function instructionSets(): Promise<string[]> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const flags = /^flags\s*: (.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
  return INSTRUCTIONS.filter((name) => flags.includes(name));
}

async function main(): Promise<void> {
  const chosenRivals = chosen(rivals, values.rivals);
  const chosenWorks = chosen(works, values.works);
  const peakGflops = await measurePeak();
  const machine = {
    cpu: cpus()[0]?.model ?? "",
    cores: cpus().length,
    instructions: await instructionSets(),
    peak_gflops: Math.round(peakGflops),
  };
  console.error(
    `${machine.cpu}, ${machine.cores} cores, ${machine.instructions.join(", ") || "unknown instructions"}, ` +
      `peak ${machine.peak_gflops} GFLOP/s (measured)`,
  );
  const entries: Entry[] = [];
  for (const work of chosenWorks)
    for (const batch of work.batch ? [work.batch] : values.batch.split(",").map(Number)) {
      const job = { work: work.name, batch, images: Number(values.images) };
      const participants = chosenRivals.filter(({ kinds }) => kinds.includes(work.kind));
      entries.push(...(await race(work, job, participants, Number(values.repeats))));
    }
  const rows = [];
  for (const entry of entries) if (!("missing" in entry)) rows.push(await rowOf(entry, peakGflops));
  const missing = entries.filter((entry) => "missing" in entry);
  if (values.json) await writeBytes(values.json, [`${JSON.stringify({ machine, rows, missing }, null, 2)}\n`]);
  printReport(rows, missing);
}

if (values.help) console.log(help);
else
  await main().catch((error) => {
    if (!(error instanceof UserError)) throw error;
    console.error(messageOf(error));
    process.exitCode = 1;
  });
