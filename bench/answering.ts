import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { messageOf } from "../src/errors.js";
import type { Missing, Ready, Times } from "./rival-process.js";

/** Does so many steps and gives the milliseconds of each. */
export type Measure = (steps: number) => Promise<readonly number[]>;

/** A rival that is ready. */
export interface Prepared extends Ready {
  readonly measure: Measure;
}

/**
 * The part of a rival's process that talks: makes it ready, then answers each number of steps with its times. What
 * `prepare` throws is why the rival does not take part.
 */
export async function answer(prepare: () => Promise<Prepared>): Promise<void> {
  const prepared = await prepare().catch((error) => say({ missing: messageOf(error).split("\n")[0] ?? "" }));
  if (!prepared) return;
  const { version, measure } = prepared;
  resetPeak();
  say({ version });
  for await (const line of createInterface({ input: process.stdin })) {
    const ms = await measure(Number(line));
    say({ ms, peak_mib: process.resourceUsage().maxRSS / 1024, step_mib: peakSinceReset() });
  }
  process.exit(); // threads of decoders may be left
}

/** A rival so slow that its steps take longer than this together does fewer. */
const PATIENCE_MS = 20_000;

/** Steps one after the other, two at least. */
export const timed =
  (step: () => Promise<unknown>): Measure =>
  async (steps) => {
    const ms: number[] = [];
    const begin = performance.now();
    for (let i = 0; i < steps && (i < 2 || performance.now() - begin < PATIENCE_MS); i++) {
      const start = performance.now();
      await step();
      ms.push(performance.now() - start);
    }
    return ms;
  };

function say(message: Ready | Times | Missing): void {
  console.log(JSON.stringify(message));
}

/** Linux forgets the peak of the memory so far when it is told so; elsewhere nothing happens. */
function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {}
}

function peakSinceReset(): number | null {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return kib ? Number(kib) / 1024 : null;
  } catch {
    return null;
  }
}
