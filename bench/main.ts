import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { messageOf, UserError } from "../src/errors.js";
import { writeBytes } from "../src/platform/node/files.js";
import { measurePeak } from "../src/profiling/peak.js";
import { type Entry, race } from "./race.js";
import { printReport, rowOf } from "./report.js";
import { rivals } from "./rivals.js";
import { works } from "./works.js";

const help = `Races Legible and its rivals on the same work, in alternating order, each in a process of its own.

  npm run bench -- [options]

  --works a,b       which works (default: all)
  --rivals a,b      which rivals (default: all)
  --batch 1,4,8,16  images in a step or run (default: 4); the works with a number below have their own
  --repeats n       turns of each rival (default: 3)
  --pictures n      files in the folder of the pipelines (default: 1000)
  --json FILE       write the figures there

Works:
${works.map(({ name, summary, batch }) => `  ${name.padEnd(22)} ${summary}${batch ? ` (${batch})` : ""}`).join("\n")}

Rivals: ${rivals.map(({ name }) => name).join(", ")}
A rival that is not installed or cannot do a work is named with the reason.`;

const { values } = parseArgs({
  options: {
    works: { type: "string", default: works.map(({ name }) => name).join() },
    rivals: { type: "string", default: rivals.map(({ name }) => name).join() },
    batch: { type: "string", default: "4" },
    repeats: { type: "string", default: "3" },
    pictures: { type: "string", default: "1000" },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

/** Those of a list that the option names. */
function chosen<T extends { readonly name: string }>(all: readonly T[], names: string): T[] {
  return names.split(",").map((name) => {
    const found = all.find((each) => each.name === name);
    if (found) return found;
    throw new UserError(`there is no "${name}"; there are ${all.map((each) => each.name).join(", ")}`);
  });
}

async function main(): Promise<void> {
  const racing = chosen(rivals, values.rivals);
  const doing = chosen(works, values.works);
  const peakGflops = await measurePeak();
  const machine = { cpu: cpus()[0]?.model ?? "", cores: cpus().length, peak_gflops: Math.round(peakGflops) };
  console.error(`${machine.cpu}, ${machine.cores} cores, peak ${machine.peak_gflops} GFLOP/s (measured)`);
  const entries: Entry[] = [];
  for (const work of doing)
    for (const batch of work.batch ? [work.batch] : values.batch.split(",").map(Number)) {
      const job = { work: work.name, batch, pictures: Number(values.pictures) };
      const fitting = racing.filter(({ kinds }) => kinds.includes(work.kind));
      entries.push(...(await race(work, job, fitting, Number(values.repeats))));
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
