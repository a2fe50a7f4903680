import { z } from "zod";
import { markdownTable } from "../evaluation/table.js";
import { type RunStatus, statusOfAll } from "../queue/control.js";
import { defineCommand } from "./command.js";
import { queueNotes, queueSetting, withQueue } from "./queue-settings.js";

/** A status in words. */
export const stateOf = ({ state, dead, done, total }: RunStatus): string =>
  state === "open" ? (done + dead >= total ? "complete but for dead jobs" : "running") : state;

/** A status for programs. */
export const entryOf = ({ run, dead, done, total, ...status }: RunStatus) => ({
  ...{ id: run.id, command: run.command, state: stateOf({ run, dead, done, total, ...status }), total, done, dead },
  ...{ version: run.version, submitted: run.submitted, settings: run.settings },
});

export const jobsList = defineCommand({
  name: "jobs list",
  settings: z.object({
    queue: queueSetting,
    json: z.boolean().default(false).describe("print the runs as JSON"),
  }),
  notes: `A run is what legible submit has submitted, with all its jobs.\n${queueNotes}`,
  examples: ["legible jobs list --queue redis://queue:6379"],
  async run({ queue: given, json }, context) {
    const statuses = await withQueue(given, statusOfAll);
    if (json) context.print(JSON.stringify(statuses.map(entryOf), null, 2));
    else if (statuses.length === 0) context.report.info("the queue has no runs");
    else
      context.print(
        markdownTable(
          ["run", "command", "state", "jobs", "done", "dead", "submitted", "version"],
          statuses
            .map(entryOf)
            .map((run) => [
              ...[run.id, run.command, run.state, run.total, run.done, run.dead].map(String),
              ...[run.submitted.slice(0, 19).replace("T", " "), run.version],
            ]),
        ),
      );
    return "done";
  },
});
