import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { messageOf } from "../src/errors.js";
import type { Missing, Ready, Times } from "./rival-process.js";

/** Runs a number of steps and returns the milliseconds of each. */
export type Measure = (steps: number) => Promise<readonly number[]>;

/** A rival that is ready to run. */
export interface Prepared extends Ready {
  readonly measure: Measure;
}

/**
 * The protocol of a rival's process: prepares the rival, then replies to each requested number of steps with their times.
 * If `prepare` throws, the rival is reported as missing with the message of the error.
 */
export async function answer(prepare: () => Promise<Prepared>): Promise<void> {
  const prepared = await prepare().catch((error) => send({ missing: messageOf(error).split("\n")[0] ?? "" }));
  if (!prepared) return;
  const { version, measure } = prepared;
  resetPeak();
  send({ version });
  for await (const line of createInterface({ input: process.stdin })) {
    const ms = await measure(Number(line));
    send({ ms, peak_mib: process.resourceUsage().maxRSS / 1024, step_mib: peakSinceReset() });
  }
  process.exit(); // decoder threads can still be running
}

/** Time limit per measurement. A rival that exceeds it runs fewer steps. */
const TIME_LIMIT_MS = 20_000;

/** Measures consecutive steps, at least two. */
export const timed =
  (step: () => Promise<unknown>): Measure =>
  async (steps) => {
    const ms: number[] = [];
    const begin = performance.now();
    for (let i = 0; i < steps && (i < 2 || performance.now() - begin < TIME_LIMIT_MS); i++) {
      const start = performance.now();
      await step();
      ms.push(performance.now() - start);
    }
    return ms;
  };

function send(message: Ready | Times | Missing): void {
  console.log(JSON.stringify(message));
}

/** Resets the peak memory of this process on Linux; does nothing on other systems. */
function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {}
}

/** Peak memory in MiB since `resetPeak`; null where the system does not report it. */
function peakSinceReset(): number | null {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return kib ? Number(kib) / 1024 : null;
  } catch {
    return null;
  }
}
