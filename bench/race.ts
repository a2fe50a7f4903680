import { type Missing, RivalProcess } from "./rival-process.js";
import type { Job, Rival } from "./rivals.js";
import type { Work } from "./works.js";

/** The measurement of a rival on a workload. */
export interface Raced {
  readonly work: Work;
  readonly rival: string;
  readonly version: string;
  readonly batch: number;
  /** Files in the folder of a pipeline; null for other works. */
  readonly images: number | null;
  /** Milliseconds of each step after the warm-up. */
  readonly ms: readonly number[];
  /** The loss of the last step, and all steps until then; null if unknown. */
  readonly loss: { readonly steps: number; readonly value: number } | null;
  /** Peak memory of the process, including its start. */
  readonly peak_mib: number;
  /** Peak memory since the rival was ready; null if unknown. */
  readonly step_mib: number | null;
}

/** A rival that did not run a workload. */
export interface Absent extends Missing {
  readonly work: string;
  readonly rival: string;
  readonly batch: number;
}

export type Entry = Raced | Absent;

/** Runs a job with each rival in turn and reverses the order at each repeat. All processes stay alive; one runs at a time. */
export async function race(work: Work, job: Job, rivals: readonly Rival[], repeats: number): Promise<Entry[]> {
  const contestants = [];
  for (const rival of rivals) {
    console.error(`${job.work}, batch ${job.batch}: starting ${rival.name}`);
    contestants.push({ rival, started: await RivalProcess.start(rival, job) });
  }
  const [steps, warmUp] = work.steps ?? [8, 2];
  const results = new Map<Rival, Entry>();
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const { rival, started } of repeat % 2 ? contestants.toReversed() : contestants) {
      const { name } = rival;
      const absent = (missing: string): Absent => ({ work: job.work, rival: name, batch: job.batch, missing });
      const earlier = results.get(rival);
      if ("missing" in started) results.set(rival, absent(started.missing));
      if ("missing" in started || (earlier && "missing" in earlier)) continue;
      console.error(`${job.work}, batch ${job.batch}: ${name}, repeat ${repeat + 1} of ${repeats}`);
      const times = await started.process.measure(steps);
      if ("missing" in times) {
        results.set(rival, absent(times.missing));
        continue;
      }
      const ms = [...(earlier?.ms ?? []), ...times.ms.slice(Math.min(warmUp, times.ms.length - 1))];
      const { peak_mib, step_mib } = times;
      const { version } = started;
      const loss = times.loss ? { steps: (earlier?.loss?.steps ?? 0) + times.ms.length, value: times.loss } : null;
      const images = work.kind === "pipeline" ? job.images : null;
      results.set(rival, { work, rival: name, version, batch: job.batch, images, ms, loss, peak_mib, step_mib });
    }
  for (const { started } of contestants) if (!("missing" in started)) started.process.stop();
  return rivals.flatMap((rival) => results.get(rival) ?? []);
}
