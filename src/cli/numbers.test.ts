import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../testing/run-command.js";
import { temporaryFolder, writeLabeledImages } from "../../testing/workspace.js";
import { type Command, resolveSettings } from "../commands/command.js";
import { type Flag, flagsOf, valueFrom } from "../commands/flags.js";
import { commands as listed } from "../commands/index.js";
import { train } from "../commands/train.js";
import { taskSettings } from "../data/tasks/settings.js";

const commands = await Promise.all(listed.map(({ load }) => load()));

/** Values of every required setting but one. */
const requiredBut = (flags: readonly Flag[], other: Flag) =>
  Object.fromEntries(
    flags
      .filter(({ required, key }) => required && key !== other.key)
      .map(({ key, kind, choices }) => [key, kind.startsWith("number") ? 1 : (choices[0] ?? "x")]),
  );

/** The value that a setting gets from a text, or the error. */
async function taken(command: Command, flags: readonly Flag[], flag: Flag, text: string): Promise<unknown> {
  const given = { ...requiredBut(flags, flag), [flag.key]: valueFrom(flag, [text]) };
  return resolveSettings(command, given).then(
    ({ settings }) => settings[flag.key],
    (error: Error) => error,
  );
}

const NO_NUMBERS = ["NaN", "1e9999", "-1e9999", "Infinity", "-Infinity", "", " ", "1_0", "1..x", "٣", "x", "1e", "--1"];
const HUGE = ["1e300", "9007199254740993", "-1e300"];
/** Settings that are counted or enumerated. */
const WHOLE =
  /^(steps|epochs|batch|crop|seed|splitSeed|threads|checkpoint|limit|count|size|objects|tile|scale|cropBorder|lrDrops|lambdaWarmup|label|runs|top|inputSize)$/;

for (const command of commands) {
  const flags = flagsOf(command.settings);
  // The placeholder of a setting that is a number or a text, such as "n|file", names both.
  const numeric = flags.filter(
    ({ key, kind, placeholder }) => kind.startsWith("number") && !(key in taskSettings) && !placeholder.includes("|"),
  );
  for (const flag of numeric)
    test(`${command.name} --${flag.name} refuses what is no number, in one sentence that names it`, async () => {
      const refused =
        WHOLE.test(flag.key) && !(/^train-(recognizer|detector)$/.test(command.name) && flag.key === "crop");
      for (const text of [...NO_NUMBERS, ...(refused ? [...HUGE, "1.5", "0.1"] : [])]) {
        const value = await taken(command, flags, flag, text);
        assert.ok(value instanceof Error, `"${text}" was taken as ${value}`);
        assert.match(value.message, new RegExp(`^cannot run ${command.name}: \`${flag.key}\` [^\\n]*$`));
      }
      for (const text of ["-1", "0", "1", "0.5", "3", "1000000000"]) {
        const value = await taken(command, flags, flag, text);
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
      message: `${file}: cannot run train: --steps must be a whole number of 1 or more, and is ${shown}`,
    });
  }
});

/** The settings for which "-" is standard input or output, by command. */
const streamed: Readonly<Record<string, readonly string[]>> = { enhance: ["inputs", "output"] };

for (const command of commands)
  test(`${command.name} takes no "-" as a path, which would become a file or a folder of that name`, async () => {
    const flags = flagsOf(command.settings);
    for (const flag of flags.filter(({ placeholder }) => /^(path|file|folder|input|model)$/.test(placeholder))) {
      if (streamed[command.name]?.includes(flag.key)) continue;
      const value = await taken(command, flags, flag, "-");
      assert.match(String(value), /must be a path; standard input and output are not supported/, flag.key);
    }
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
