import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeBytes } from "../src/files.js";
import { type LegibleStep, legibleStep } from "./legible-step.js";

/*
 * Times a training step of SRResNet x4 (56 -> 224 pixels), plain and recognition-aware with a network of ResNet-18's
 * shape, beside the same step in PyTorch, in alternating order. `npm run bench -- --json FILE` also writes the numbers.
 */

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    batch: { type: "string", default: "4" },
    repeats: { type: "string", default: "3" },
  },
});
const [batch, repeats] = [Number(values.batch), Number(values.repeats)];

/** Steps in a repeat; the first few warm up and do not count. */
const [STEPS, WARM_UP] = [8, 2];

interface Rival {
  readonly name: string;
  version: string;
  /** Milliseconds of each step of one repeat. */
  measure(): Promise<number[]>;
}

const pythons = ["python3", "/usr/bin/python3"];
const python = pythons.find((each) => spawnSync(each, ["-c", "import torch"]).status === 0);
const script = fileURLToPath(new URL("../../bench/pytorch_step.py", import.meta.url));

function pytorch(work: string, layout: string): Rival {
  return {
    name: `pytorch-${layout}`,
    version: "",
    async measure() {
      const { stdout, stderr, status } = spawnSync(python as string, [
        script,
        work,
        String(batch),
        layout,
        String(STEPS),
      ]);
      if (status !== 0) throw new Error(`PyTorch failed: ${stderr}`);
      const { version, ms } = JSON.parse(stdout.toString());
      this.version = version;
      return ms;
    },
  };
}

async function legible(work: LegibleStep): Promise<Rival> {
  const step = await legibleStep(work, batch);
  return {
    name: "legible",
    version: "this checkout",
    async measure() {
      const ms: number[] = [];
      for (let i = 0; i < STEPS; i++) ms.push(await step());
      return ms;
    },
  };
}

const median = (sorted: readonly number[]) => sorted[Math.floor(sorted.length / 2)] as number;
const round = (value: number) => Number(value.toFixed(1));

const rows = [];
for (const work of ["plain-step", "ra-step"] as const) {
  const rivals = [await legible(work), ...(python ? [pytorch(work, "nchw"), pytorch(work, "channels-last")] : [])];
  const times = new Map(rivals.map((rival) => [rival, [] as number[]]));
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const rival of repeat % 2 ? rivals.toReversed() : rivals) {
      console.error(`${work}: ${rival.name}, repeat ${repeat + 1} of ${repeats}`);
      times.get(rival)?.push(...(await rival.measure()).slice(WARM_UP).map((ms) => ms / batch));
    }
  for (const [{ name, version }, ms] of times) {
    ms.sort((a, b) => a - b);
    const ms_per_image = { min: round(ms[0] as number), median: round(median(ms)), max: round(ms.at(-1) as number) };
    rows.push({ work, rival: name, version, batch, ms_per_image });
  }
}
console.table(rows.map(({ ms_per_image, ...row }) => ({ ...row, ...ms_per_image })));
if (!python) console.log("PyTorch is missing (python3 -c 'import torch' fails): only Legible was measured");
const machine = { cpu: cpus()[0]?.model ?? "", cores: cpus().length };
if (values.json) await writeBytes(values.json, [`${JSON.stringify({ machine, rows }, null, 2)}\n`]);
