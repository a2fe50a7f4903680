import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { statusOf } from "../queue/control.js";
import { defineCommand } from "./command.js";
import { entryOf, stateOf } from "./jobs-list.js";
import { queueSetting, withQueue } from "./queue-settings.js";

/** Milliseconds between looks. */
const LOOK = 1_000;

/** The setting of every command about one run. */
export const runSetting = z
  .string()
  .min(1, "must not be empty")
  .describe("the run, as legible submit prints it")
  .meta({ position: 0, placeholder: "run" });

export const jobsWatch = defineCommand({
  name: "jobs watch",
  settings: z.object({
    run: runSetting,
    queue: queueSetting,
    json: z.boolean().default(false).describe("print the numbers at the end as JSON"),
  }),
  notes: `It ends when every job is done or dead, or the run is canceled. With dead jobs its exit code is 2. The time left follows from the pace
of all workers. Ctrl-C ends the watching and not the run.`,
  examples: ["legible jobs watch 1f0c9a7be215 --queue redis://queue:6379"],
  async run({ run: id, queue: given, json }, context) {
    const { report, signal, print } = context;
    return withQueue(given, async (queue) => {
      const { total } = await statusOf(queue, id);
      const bar = report.progress(total, "jobs", { everySeconds: 10 });
      try {
        for (;;) {
          const status = await statusOf(queue, id);
          const { done, dead } = status;
          bar.update(Math.min(done + dead, total), dead > 0 ? `${dead} dead` : "");
          const isOver = status.state === "canceled" || (status.state !== "submitting" && done + dead >= status.total);
          if (isOver) {
            bar.stop();
            if (json) print(JSON.stringify(entryOf(status), null, 2));
            else print(`${stateOf(status)}: ${done} of ${status.total} jobs done, ${dead} dead`);
            if (dead > 0) report.info(`legible jobs dead ${id} shows why`);
            return { unusable: dead };
          }
          await setTimeout(LOOK, undefined, { signal }).catch(() => {});
          if (signal.aborted) return "interrupted";
        }
      } finally {
        bar.stop();
      }
    });
  },
});
