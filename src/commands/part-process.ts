import { asUserError, messageOf, PassingError, UserError } from "../errors.js";
import { connect } from "../queue/connection.js";
import { RedisStore } from "../queue/redis-store.js";
import { key, type Run } from "../queue/run.js";
import type { Reporter } from "../reporter.js";
import { type Command, type Context, type Ended, type Given, resolveSettings } from "./command.js";
import type { PartReply, PartRequest } from "./part-runner.js";
import { queued } from "./submit.js";

/** Characters of the printed text that are kept. */
const KEPT = 2 ** 20;

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new UserError("the worker stops")));
process.on("SIGINT", () => {}); // the worker, which gets it too, decides
process.once("disconnect", () => stop.abort(new UserError("the worker is gone")));
process.once("message", (request) => void answer(request as PartRequest));

async function answer({ url, run, part }: PartRequest): Promise<void> {
  const { redis } = await connect(url).catch(failed);
  const printed: string[] = [];
  const context: Context = {
    report,
    print: (text) => void printed.push(text),
    signal: stop.signal,
    openStore: async () => new RedisStore(redis, key(run.id, "store")),
  };
  try {
    const ended = await perform(run, part, context);
    const isText = typeof ended === "string";
    await reply({
      ...{ kind: "ended", outcome: isText ? ended : "done", unusable: isText ? 0 : ended.unusable },
      printed: printed.join("\n").slice(0, KEPT),
    });
  } catch (error) {
    await failed(error);
  } finally {
    redis.disconnect();
    process.disconnect();
  }
}

async function perform(run: Run, part: string | undefined, context: Context): Promise<Ended> {
  const command = queued[run.command];
  if (!command) throw new UserError(`this version of Legible does not run ${run.command} in a queue`);
  enterFolder(run.folder);
  const given = resumed(command, run.settings);
  const resolved = await resolveSettings(command, given);
  if (part === undefined) return command.run(resolved.settings, context, resolved.given);
  if (!command.parts) throw new UserError(`${run.command} has no parts`);
  return command.parts.run(part, resolved.settings, context, resolved.given);
}

/** Relative paths of the settings start from the folder of the submission. */
function enterFolder(folder: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    throw new UserError(
      `this worker does not have the folder ${folder}, from which the run was submitted: ${messageOf(error)}`,
    );
  }
}

/** The settings that also go on with what an earlier try left. */
const resumed = ({ settings }: Command, given: Given): Given =>
  "resume" in settings.shape ? { ...given, resume: true } : given;

/** Reports to the worker's log. Progress is in the log of the runs themselves. */
const report: Reporter = {
  interactive: false,
  info: (text) => void reply({ kind: "info", text }),
  progress: () => ({ update() {}, stop() {} }),
};

/** Tells the worker why it failed, and whether another try could succeed. */
async function failed(error: unknown): Promise<never> {
  const own = asUserError(error);
  await reply({
    kind: "failed",
    message: messageOf(error),
    isLasting: own !== undefined && !(own instanceof PassingError),
  });
  process.exit(1);
}

const reply = (message: PartReply): Promise<void> =>
  new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, () => resolve());
    else resolve();
  });
