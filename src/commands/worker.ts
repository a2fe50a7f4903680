import { z } from "zod";
import { jsonLog, type Log, textLog } from "../queue/log.js";
import { WorkerMetrics } from "../queue/metrics.js";
import { JobQueue } from "../queue/queue.js";
import { QueueWorker } from "../queue/worker.js";
import { workerServer } from "../queue/worker-server.js";
import { aborted, listen, stopServer } from "../serving/listen.js";
import { nonnegativeNumber, positiveInteger, positiveNumber } from "../settings.js";
import { type Context, defineCommand } from "./command.js";
import { partRunner } from "./part-runner.js";
import { queueNotes, queueSetting, requireQueueUrl } from "./queue-settings.js";
import { hostSetting, portNumber } from "./server-settings.js";

/** Milliseconds after which a stopped worker ends its process, which BullMQ's timers hold forever if the server is away. */
const HELD = 1_000;

export const worker = defineCommand({
  name: "worker",
  settings: z.object({
    queue: queueSetting,
    concurrency: positiveInteger(256)
      .default(1)
      .describe("jobs at the same time; they share the cores, and each needs memory for its model and image"),
    rate: positiveNumber()
      .optional()
      .describe("jobs a second of all workers together, if all have this setting (default: as many as they can)")
      .meta({ placeholder: "n" }),
    lock: positiveNumber()
      .min(1, "must be 1 or more")
      .default(30)
      .describe("seconds after which jobs of a worker that was killed start again on another one"),
    drain: nonnegativeNumber()
      .default(25)
      .describe(
        "seconds that running jobs have to end at SIGTERM or Ctrl-C; what has not ended goes back into the queue",
      ),
    metricsPort: portNumber()
      .optional()
      .describe(
        "serve /metrics for Prometheus, /healthz and /readyz on this port; 0: a free one (default: not at all)",
      ),
    metricsHost: hostSetting,
    log: z
      .enum(["text", "json"])
      .optional()
      .describe("lines for people, or one JSON object a line (default: text on a terminal, otherwise json)"),
  }),
  notes: `Each version of Legible has its own queue, because results of versions may differ: a worker takes jobs that its own version submitted.
A job that fails because of a lost connection, a full disk or a busy service is tried 8 times within about four minutes; one that fails
because of its input is dead at once (legible jobs dead). Inference runs outside the main thread, so that long jobs keep their locks.
docs/operations.md has the settings of Redis, containers, metrics and sizes.
${queueNotes}`,
  examples: [
    "legible worker --queue redis://queue:6379 --concurrency 4",
    "legible worker --metrics-port 9400 --metrics-host 0.0.0.0 --log json",
  ],
  async run({ queue: given, metricsPort, metricsHost, log: kind, drain, ...options }, context) {
    const url = requireQueueUrl(given);
    const log = logFor(kind ?? (context.report.interactive ? "text" : "json"), context);
    const queue = await JobQueue.open(url);
    const metrics = new WorkerMetrics(queue);
    let worker: QueueWorker | undefined;
    const server = metricsPort === undefined ? undefined : workerServer(metrics, () => worker?.isReady ?? false);
    try {
      if (queue.warning !== undefined) log.warn({}, `the queue at ${queue.address} is not safe: ${queue.warning}`);
      for (const note of await queue.otherVersions()) log.warn({}, note);
      if (server) {
        const address = await listen(server, { host: metricsHost, port: metricsPort as number });
        log.info({ address }, `metrics on ${address}/metrics`);
      }
      const runCommand = partRunner(url, log);
      worker = new QueueWorker(queue, { ...options, log, runCommand, onEnd: (end) => metrics.note(end) });
      log.info(options, `waiting for jobs of ${queue.address}, ${options.concurrency} at a time`);
      await aborted(context.signal);
      log.info({}, `stopping: running jobs have ${drain} s to end`);
      await worker.drain(drain);
      log.info({}, "stopped");
    } finally {
      if (server) await stopServer(server);
      await queue.close();
    }
    setTimeout(() => process.exit(), HELD).unref();
    return "done";
  },
});

const logFor = (kind: "text" | "json", { report }: Context): Log =>
  kind === "json" ? jsonLog() : textLog(report.info);
