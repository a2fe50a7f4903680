import { z } from "zod";
import { version } from "../platform/node/version.js";
import type { JobQueue } from "../queue/queue.js";
import { type Run, runId } from "../queue/run.js";
import { priorities, submitCommand } from "../queue/submit.js";
import { type Command, type Context, defineCommand, type Given } from "./command.js";
import { evaluate } from "./evaluate.js";
import { queueNotes, queueSetting, queueUrl, withQueue } from "./queue-settings.js";
import { sweep } from "./sweep.js";
import { train } from "./train.js";
import { transfer } from "./transfer.js";

/** The settings of every command that submits. */
export const submitSettings = {
  queue: queueSetting,
  priority: z
    .enum(priorities)
    .default("normal")
    .describe("high: before what waits already; low: after everything else"),
};

type SubmitSettings = z.output<z.ZodObject<typeof submitSettings>>;

/** A run that is about to be submitted. */
export function newRun(run: Pick<Run, "kind" | "command" | "settings">): Run {
  const all = { ...run, folder: run.kind === "command" ? process.cwd() : "", version };
  return { ...all, id: runId(all), submitted: new Date().toISOString() };
}

/** Tells what is not safe about the queue. */
export function warnOf({ warning, address }: JobQueue, { report }: Context): void {
  if (warning !== undefined) report.info(`warning: the queue at ${address} is not safe: ${warning}`);
}

/** Tells how to go on after a submission. */
export function reportSubmitted(
  run: Run,
  { added, known }: { added: number; known: number },
  { report, print }: Context,
): void {
  const jobs = (count: number): string => `${count} ${count === 1 ? "job" : "jobs"}`;
  report.info(`submitted ${jobs(added)}${known > 0 ? `; ${jobs(known)} were submitted before` : ""}`);
  report.info(`legible jobs watch ${run.id} shows the progress`);
  print(run.id);
}

/** The command that submits another one, or runs it here without a queue. */
function submitted<Schema extends z.ZodObject>(command: Command<Schema>, example: string): Command {
  const { name } = command;
  return defineCommand({
    name: `submit ${name}`,
    settings: command.settings.extend(submitSettings),
    notes: `${command.parts ? "Each training is a job; the evaluation follows when all are done. " : ""}Paths are those of this machine: workers need the same folders at the same places, such as a network
drive. A job that was interrupted resumes on another worker. Without a queue, the command runs here. The same command with the same
settings, submitted again, adds nothing. legible jobs results RUN prints what the command prints.
${queueNotes}`,
    examples: [example],
    async run(all, context, { queue: _, priority: __, ...others }) {
      const { queue: given, priority, ...settings } = all as SubmitSettings & Given;
      if (queueUrl(given) === undefined) return command.run(settings as z.output<Schema>, context, others);
      const run = newRun({ kind: "command", command: name, settings: others });
      const parts = await command.parts?.names(settings as z.output<Schema>, context, others);
      const added = await withQueue(given, (queue) => {
        warnOf(queue, context);
        return submitCommand(queue, run, parts ?? [], { priority });
      });
      reportSubmitted(run, added, context);
      return "done";
    },
  }) as unknown as Command;
}

const REDIS = "--queue redis://queue:6379";

export const submitTrain = submitted(
  train,
  `legible submit train --data photos --steps 2000 --out runs/plain ${REDIS}`,
);

export const submitEvaluate = submitted(
  evaluate,
  `legible submit evaluate --data val --processor runs/ra/model.onnx --recognizer resnet50.onnx --json ra.json ${REDIS}`,
);

export const submitSweep = submitted(
  sweep,
  `legible submit sweep --lambda 0,1e-4,1e-3 --objective ra --recognizer resnet18.onnx --data train --evaluate val --steps 2000 --out sweep ${REDIS}`,
);

export const submitTransfer = submitted(
  transfer,
  `legible submit transfer --data train --source resnet18.onnx --source vgg16.onnx --objective ra --evaluate val --steps 2000 --out transfer ${REDIS}`,
);

/** The commands that workers run as a whole or in parts, by their names. */
export const queued: Readonly<Record<string, Command>> = Object.fromEntries(
  [train, evaluate, sweep, transfer].map((command) => [command.name, command as unknown as Command]),
);
