import { Argument, type Command as CommanderCommand, Option } from "commander";
import type { Command, Context, Given } from "../commands/command.js";
import { resolveSettings } from "../commands/command.js";
import { readConfigFile } from "../commands/config-file.js";
import { type Outcome, outcomeOf } from "../commands/failures.js";
import { type Flag, flagsOf, valueFrom } from "../commands/flags.js";
import type { ListedCommand } from "../commands/index.js";
import { asUserError, messageOf, UserError } from "../errors.js";
import { requireInputsKept } from "../platform/node/outputs.js";
import { named } from "../settings.js";
import { translate } from "./translate.js";

/** Called with the outcome of a command. */
type OnOutcome = (outcome: Outcome) => void;

/** Gives a command of commander its flags, arguments, help and action, which derive from the settings of the command. */
export function complete(
  program: CommanderCommand,
  command: Command,
  context: Context,
  onOutcome: OnOutcome,
): CommanderCommand {
  const flags = flagsOf(command.settings);
  for (const flag of flags) {
    if (flag.position === undefined) program.addOption(optionOf(flag));
    else program.addArgument(argumentOf(flag));
  }
  return program
    .usage(usageOf(flags))
    .option("--config <file>", "read settings from a JSON or YAML file; flags override it")
    .option("--print-config", "print the settings with their defaults as JSON without running the command")
    .addHelpText("after", helpOf(command))
    .action(async (...args) => {
      const given = { ...givenArguments(flags, args.slice(0, -2)), ...givenFlags(flags, args.at(-2)) };
      onOutcome(await run(command, given, args.at(-2), translated(context, command)));
    });
}

/**
 * Adds commands to a program. A name of two words, such as "study create", is a command of a group. The chosen command is
 * loaded before its arguments are read.
 * @param groups the summary of each group.
 */
export function addCommands(
  program: CommanderCommand,
  commands: readonly ListedCommand[],
  groups: Readonly<Record<string, string>>,
  context: Context,
  onOutcome: OnOutcome,
): void {
  const listed = new Map<CommanderCommand, ListedCommand>();
  const loadChosen = async (_: CommanderCommand, chosen: CommanderCommand) => {
    const found = listed.get(chosen);
    if (found) complete(chosen, await found.load(), context, onOutcome);
  };
  program.hook("preSubcommand", loadChosen);
  const opened = new Map<string, CommanderCommand>();
  const parentOf = (group: string): CommanderCommand => {
    const summary = groups[group] as string;
    const parent = opened.get(group) ?? program.command(group).description(summary).hook("preSubcommand", loadChosen);
    opened.set(group, parent);
    return parent;
  };
  for (const command of commands) {
    const [first = "", second] = command.name.split(" ");
    const parent = second === undefined ? program : parentOf(first);
    listed.set(parent.command(second ?? first).description(command.summary), command);
  }
}

/** The context with the flags of the command in its messages. The signal is read only when the command reads it. */
const translated = (context: Context, { settings }: Command): Context => ({
  report: { ...context.report, info: (text) => context.report.info(translate(text, settings)) },
  print: context.print,
  get signal() {
    return context.signal;
  },
});

interface Common {
  readonly config?: string;
  readonly printConfig?: boolean;
}

async function run(
  command: Command,
  flags: Given,
  { config, printConfig }: Common,
  context: Context,
): Promise<Outcome> {
  try {
    const file = config === undefined ? {} : await readConfigFile(config);
    const resolving = resolveSettings(command, { ...file, ...flags });
    const { given, settings } = await resolving.catch((error: unknown) => {
      const isOfFile = (key: string) => !(key in flags) && messageOf(error).includes(named(key));
      throw Object.keys(file).some(isOfFile) ? new UserError(`${config}: ${messageOf(error)}`) : error;
    });
    if (config !== undefined) await requireInputsKept(textsIn(given), [config]);
    if (!printConfig) return outcomeOf(await command.run(settings, context, given), settings);
    context.print(JSON.stringify(settings, null, 2));
    return "done";
  } catch (error) {
    const own = asUserError(error);
    if (!own) throw error;
    throw new UserError(translate(own.message, command.settings));
  }
}

/** All texts of settings, among them the files that a command writes. */
const textsIn = (given: Given): string[] =>
  Object.values(given)
    .flat()
    .filter((value) => typeof value === "string");

function optionOf(flag: Flag): Option {
  const { name, short, kind, placeholder } = flag;
  const dashes = short === undefined ? "" : `-${short}, `;
  if (kind === "switch") return new Option(flag.default === true ? `--no-${name}` : `--${name}`, describe(flag));
  return new Option(`${dashes}--${name} <${placeholder}>`, describe(flag)).argParser(collect);
}

/** Never required here, because a config file may hold it; the schema checks that. */
const argumentOf = (flag: Flag): Argument => new Argument(`[${flag.placeholder}${dots(flag)}]`, flag.description);

/** "[options] <model>" */
const usageOf = (flags: readonly Flag[]): string => {
  const places = flags.filter(({ position }) => position !== undefined);
  const operands = places.map((flag) => {
    const [left, right] = flag.required ? "<>" : "[]";
    return `${left}${flag.placeholder}${dots(flag)}${right}`;
  });
  return ["[options]", ...operands].join(" ");
};

const dots = ({ kind }: Flag): string => (kind === "texts" ? "..." : "");

/** Collects the values of a flag. The schema checks whether it may be repeated. */
const collect = (text: string, earlier: readonly string[] = []): string[] => [...earlier, text];

function describe({ description, choices, default: fallback, required, kind }: Flag): string {
  const notes = [
    ...(choices.length > 0 ? [`choices: ${choices.join(", ")}`] : []),
    ...(fallback !== undefined && kind !== "switch" ? [`default: ${fallback}`] : []),
    ...(required ? ["required"] : []),
  ];
  const text = kind === "switch" && fallback === true ? `do not ${description}` : description;
  return notes.length > 0 ? `${text} (${notes.join("; ")})` : text;
}

/** The arguments that were given, by key. */
const givenArguments = (flags: readonly Flag[], values: readonly unknown[]): Given =>
  Object.fromEntries(
    flags.flatMap((flag) => {
      const value = flag.position === undefined ? undefined : values[flag.position];
      const texts = [value ?? []].flat().map(String);
      return texts.length === 0 ? [] : [[flag.key, valueFrom(flag, texts)]];
    }),
  );

/** The flags that were given, by key. */
const givenFlags = (flags: readonly Flag[], options: Given): Given =>
  Object.fromEntries(
    flags.flatMap((flag) => {
      const value = options[camel(flag.name)];
      if (flag.position !== undefined || value === undefined) return [];
      if (flag.kind === "switch") return value === (flag.default ?? false) ? [] : [[flag.key, value]];
      return [[flag.key, valueFrom(flag, value as string[])]];
    }),
  );

/** The key of an option in commander. */
const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const helpOf = ({ notes, examples }: Command): string =>
  `${notes === undefined ? "" : `\n${notes}\n`}\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`;
