import { z } from "zod";
import { printable } from "../printable.js";
import { defineCommand } from "./command.js";
import { runSetting } from "./jobs-watch.js";
import { queueSetting, withQueue } from "./queue-settings.js";

export const jobsDead = defineCommand({
  name: "jobs dead",
  settings: z.object({
    run: runSetting,
    queue: queueSetting,
    json: z.boolean().default(false).describe("print a line of JSON for each job"),
  }),
  notes: "legible jobs retry lets them start again, for instance when a missing file is there now.",
  examples: ["legible jobs dead 1f0c9a7be215 --queue redis://queue:6379"],
  async run({ run: id, queue: given, json }, context) {
    return withQueue(given, async ({ runs }) => {
      await runs.get(id);
      for await (const dead of runs.dead(id))
        context.print(json ? JSON.stringify(dead) : `${printable(dead.what)}: ${printable(dead.reason)}`);
      return "done" as const;
    });
  },
});
