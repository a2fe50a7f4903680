import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import type { Command } from "../commands/command.js";
import { type Flag, flagsOf } from "../commands/flags.js";
import { commands } from "../commands/index.js";
import { train } from "../commands/train.js";
import { taskSettings } from "../data/tasks/settings.js";

/** Words that give every required setting but one. */
const requiredBut = ({ settings }: Command, other: Flag): string[] =>
  flagsOf(settings)
    .filter(({ required, key }) => required && key !== other.key)
    .flatMap(({ name, position, kind }) => {
      const value = kind.startsWith("number") ? "1" : "x";
      return position === undefined ? [`--${name}`, value] : [value];
    });

/** The value that a flag gets from a text, or the error. */
async function taken(command: Command, flag: Flag, text: string): Promise<unknown> {
  const words = [...requiredBut(command, flag), `--${flag.name}=${text}`, "--print-config"];
  const run = await runCommand(command, ...words).catch((error) => error as Error);
  return run instanceof Error ? run : JSON.parse(run.out)[flag.key];
}

const NO_NUMBERS = ["NaN", "1e9999", "-1e9999", "Infinity", "-Infinity", "", " ", "1_0", "1..x", "٣", "x", "1e", "--1"];
const HUGE = ["1e300", "9007199254740993", "-1e300"];
/** Settings that are counted or enumerated. */
const WHOLE =
  /^(steps|epochs|batch|crop|seed|splitSeed|threads|checkpoint|limit|count|size|objects|tile|scale|cropBorder|lrDrops|lambdaWarmup|label|runs|top|inputSize)$/;

for (const command of commands) {
  const numeric = flagsOf(command.settings).filter(
    ({ key, kind }) => kind.startsWith("number") && !(key in taskSettings),
  );
  for (const flag of numeric)
    test(`${command.name} --${flag.name} refuses what is no number, in one sentence that names it`, async () => {
      const refused = WHOLE.test(flag.key) && !(command.name === "train-recognizer" && flag.key === "crop");
      for (const text of [...NO_NUMBERS, ...(refused ? [...HUGE, "1.5", "0.1"] : [])]) {
        const value = await taken(command, flag, text);
        assert.ok(value instanceof Error, `"${text}" was taken as ${value}`);
        assert.match(value.message, new RegExp(`^cannot run ${command.name}: --${flag.name} [^\\n]*$`));
      }
      for (const text of ["-1", "0", "1", "0.5", "3", "1000000000"]) {
        const value = await taken(command, flag, text);
        if (!(value instanceof Error)) assert.equal(String(value), text);
      }
    });
}

test("a number that JSON and YAML cannot hold is named in the refusal of a config file", async (t) => {
  const file = join(temporaryFolder(t), "c.yaml");
  for (const [text, shown] of [
    [".nan", "NaN"],
    [".inf", "Infinity"],
    ["1e9999", "Infinity"],
    ["'7'", '"7"'],
  ]) {
    writeFileSync(file, `steps: ${text}\ndata: d\nout: o\n`);
    await assert.rejects(runCommand(train, "--config", file), {
      message: `cannot run train: --steps must be a whole number of 1 or more, and is ${shown}`,
    });
  }
});

for (const command of commands)
  for (const flag of flagsOf(command.settings).filter(({ placeholder }) =>
    /^(path|file|folder|input|model)$/.test(placeholder),
  ))
    test(`${command.name} takes no "-" for ${flag.name}, which would become a file or a folder of that name`, async () => {
      const value = flag.position === undefined ? [`--${flag.name}`, "-"] : ["-"];
      const run = runCommand(command, ...requiredBut(command, flag), ...value, "--print-config");
      await assert.rejects(run, /must be a path; standard input and output are not supported/);
    });

test("sizes that memory does not hold are refused in one sentence", async (t) => {
  const folder = temporaryFolder(t);
  await writeLabeledImages(join(folder, "data"), 1, 48);
  const words = [
    "--data",
    join(folder, "data"),
    "--out",
    join(folder, "run"),
    "--steps",
    "1",
    "--processor",
    "compact-s",
  ];
  await assert.rejects(
    runCommand(train, ...words, "--batch", "60000", "--crop", "8192"),
    /^UserError: memory does not hold the sizes that are asked for; choose smaller ones/,
  );
});
