import type { Job, JobContext, JobStore } from "../jobs/job.js";
import { runJobs } from "../jobs/run-jobs.js";
import { coreCount } from "../platform/node/core-count.js";
import { lateProgress, type Reporter } from "../reporter.js";
import type { StepProgress } from "../training/loop.js";
import type { ExperimentContext } from "./series.js";
import { trainInThread } from "./training-thread.js";
import type { ThreadTraining } from "./training-worker.js";

/** A training that is complete when its job is. */
export interface TrainingJob extends Pick<Job, "name" | "key" | "outputs"> {
  /** For the progress. */
  readonly title: string;
  readonly steps: number;
  readonly training: ThreadTraining;
}

/** The most trainings that run at the same time, one per core: each takes up to 300 MB of memory. */
const MOST = 5;

/**
 * Runs the trainings that are not complete yet, several at a time. They must not depend on each other.
 * @throws UserError as a training does, and the signal's reason when it aborts; the running trainings write checkpoints first.
 */
export async function trainInParallel(
  trainings: readonly TrainingJob[],
  { store, signal, report }: ExperimentContext & { readonly store: JobStore },
): Promise<void> {
  const progress = sharedProgress(trainings, report);
  const jobs = trainings.map((each) => ({
    ...each,
    async run({ signal }: JobContext) {
      await trainInThread(each.training, { signal, onStep: (step) => progress.update(each, step) });
      return null;
    },
  }));
  const onEnd = ({ job }: { job: Job }) => progress.complete(job.name);
  await runJobs(jobs, { store, signal, concurrency: Math.min(coreCount(), MOST), onEnd }).finally(progress.stop);
}

/** One progress for all trainings: the sum of their steps, and the latest PSNR or loss of each running one. */
function sharedProgress(trainings: readonly TrainingJob[], report: Reporter) {
  const total = trainings.reduce((sum, { steps }) => sum + steps, 0);
  const bar = lateProgress(report, total, `training ${trainings.length} networks`);
  const remaining = new Map(trainings.map(({ name, steps }) => [name, steps]));
  const details = new Map<string, string>();
  return {
    update({ name, title, steps }: TrainingJob, { step, psnr, losses }: StepProgress) {
      remaining.set(name, steps - step);
      details.set(name, `${title} ${Number.isNaN(psnr) ? losses.loss?.toFixed(2) : `${psnr.toFixed(2)} dB`}`);
      const left = [...remaining.values()].reduce((sum, each) => sum + each, 0);
      bar.update(total - left, [...details.values()].join(", "));
    },
    complete(name: string) {
      remaining.set(name, 0);
      details.delete(name);
    },
    stop: bar.stop,
  };
}
