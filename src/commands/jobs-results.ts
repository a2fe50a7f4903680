import { z } from "zod";
import { defineCommand } from "./command.js";
import { runSetting } from "./jobs-watch.js";
import { PartResult } from "./part-runner.js";
import { queueSetting, withQueue } from "./queue-settings.js";

/** A record of the run: of an image, or of a part of a command. */
const ResultRecord = z.object({
  name: z.string(),
  outputs: z.array(z.object({ path: z.string(), sha256: z.string() })),
  result: z.record(z.string(), z.unknown()),
});

export const jobsResults = defineCommand({
  name: "jobs results",
  settings: z.object({ run: runSetting, queue: queueSetting }),
  notes:
    "The lines of images have the form of legible enhance --json-lines, with the SHA-256 of the output, in no order.",
  examples: ["legible jobs results 1f0c9a7be215 > enhanced.jsonl"],
  async run({ run: id, queue: given }, context) {
    return withQueue(given, async ({ runs }) => {
      const { kind } = await runs.get(id);
      for await (const text of runs.records(id)) {
        const { name, outputs, result } = ResultRecord.parse(JSON.parse(text));
        if (kind === "command") printText(result, context.print);
        else context.print(JSON.stringify({ output: name, sha256: outputs[0]?.sha256 ?? null, ...result }));
      }
      return "done" as const;
    });
  },
});

function printText(result: unknown, print: (text: string) => void): void {
  const { printed } = PartResult.parse(result);
  if (printed !== "") print(printed);
}
