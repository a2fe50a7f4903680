import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { JobQueue } from "./queue.js";
import type { JobEnd } from "./worker.js";

/** Bounds of the durations of jobs in seconds: a small image, a large one, a training. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];

/** States of jobs whose numbers are shown. `prioritized` waits, too, behind the others. */
const STATES = ["waiting", "prioritized", "active", "delayed", "failed", "waiting-children"] as const;

/** What a worker has done, and how full the queue is, for Prometheus. */
export class WorkerMetrics {
  readonly registry = new Registry();
  private readonly jobs = new Counter({
    name: "legible_jobs_total",
    help: "Tries of jobs that ended on this worker, by command and status",
    labelNames: ["command", "status"],
    registers: [this.registry],
  });
  private readonly seconds = new Histogram({
    name: "legible_job_seconds",
    help: "Seconds of a try of a job on this worker",
    labelNames: ["command"],
    buckets: BUCKETS,
    registers: [this.registry],
  });

  /** @param queue its numbers of jobs are counted when they are read. */
  constructor(queue: JobQueue) {
    collectDefaultMetrics({ register: this.registry });
    this.watch(queue);
  }

  note({ command, status, seconds }: JobEnd): void {
    this.jobs.inc({ command, status });
    this.seconds.observe({ command }, seconds);
  }

  private watch(queue: JobQueue): void {
    new Gauge({
      name: "legible_queue_jobs",
      help: "Jobs in the queue of this version, by state",
      labelNames: ["state"],
      registers: [this.registry],
      async collect() {
        const counts = await queue.jobs.getJobCounts(...STATES);
        for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
      },
    });
  }
}
