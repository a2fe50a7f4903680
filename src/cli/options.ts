import { type Command, InvalidArgumentError, Option } from "commander";
import { type Dataset, type DatasetOptions, openDataset, type Selection } from "../data/dataset.js";
import { layouts } from "../data/sources/index.js";
import { type Part, parts } from "../data/sources/source.js";
import type { Task } from "../data/task.js";
import { findTask, taskKinds } from "../data/tasks/index.js";
import { UserError } from "../errors.js";
import type { RecognizerSettings } from "../recognition/recognizer.js";

/** 1, 2, 3, … */
export function positiveInteger(text: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("Expected a whole number of 1 or more.");
}

/** Any finite number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a number.");
}

/** Three numbers, one for each of red, green and blue: "0.485,0.456,0.406". */
export function threeNumbers(text: string): [number, number, number] {
  const [red, green, blue, ...rest] = text.split(",");
  if (red === undefined || green === undefined || blue === undefined || rest.length > 0)
    throw new InvalidArgumentError("Expected three numbers with commas between them, for red, green and blue.");
  return [number(red), number(green), number(blue)];
}

export interface NamedFile {
  name: string;
  file: string;
}

/** Collects a flag given several times as NAME=FILE. */
export function namedFiles(text: string, earlier: readonly NamedFile[] = []): NamedFile[] {
  const [name = "", ...rest] = text.split("=");
  const file = rest.join("=");
  if (name === "" || file === "") throw new InvalidArgumentError("Expected NAME=FILE, for instance plain=plain.onnx.");
  return [...earlier, { name, file }];
}

/** Collects a flag given several times. */
export const several = (text: string, earlier: readonly string[] = []): string[] => [...earlier, text];

/** One of two words, in the capitals in which the rest of the program writes it. */
const capitals = (text: string): string => text.toUpperCase();

/** Adds the flags that say how recognizers want their images and which of their outputs counts. */
export const addRecognizerOptions = (command: Command): Command =>
  command
    .option("--size <n>", "side of the recognizer's input in pixels", positiveInteger)
    .option("--mean <r,g,b>", "what the recognizer subtracts from RGB, in place of what its files say", threeNumbers)
    .option("--std <r,g,b>", "what it divides by", threeNumbers)
    .addOption(choice("--range <white>", "the value of white before that", ["1", "255"], Number))
    .addOption(choice("--layout <order>", "the order of its input's axes", ["nchw", "nhwc"], capitals))
    .addOption(choice("--channels <order>", "the order of its colors", ["rgb", "bgr"], capitals))
    .option("--output <name>", "its output that holds the class scores (default: the first)");

/** The flags of `addRecognizerOptions`. */
export interface RecognizerFlags {
  size?: number;
  mean?: [number, number, number];
  std?: [number, number, number];
  range?: 1 | 255;
  layout?: "NCHW" | "NHWC";
  channels?: "RGB" | "BGR";
  output?: string;
}

/** What those flags say, without the other flags of the command. */
export const recognizerFrom = ({ size, mean, std, range, layout, channels, output }: RecognizerFlags) =>
  ({ size, mean, std, range, layout, channels, output }) satisfies RecognizerSettings;

/** An option of a few values that are then turned into what the program calls them. */
function choice(
  flags: string,
  description: string,
  values: readonly string[],
  parse: (text: string) => unknown,
): Option {
  const option = new Option(flags, `${description}: ${values.join(" or ")}`);
  return option.argParser((text) => {
    if (values.includes(text.toLowerCase())) return parse(text);
    throw new InvalidArgumentError(`Expected ${values.join(" or ")}.`);
  });
}

/** Adds `--task` and a flag for each option of each task, as the tasks themselves describe them. */
export function addTaskOptions(command: Command): Command {
  const names = taskKinds.map(({ name }) => name);
  command.addOption(new Option("--task <name>", "what was done to the images").choices(names).default(names[0]));
  for (const key of taskFlags()) command.option(`--${key} <value>`, taskKinds.flatMap(describe(key)).join("; "));
  return command;
}

/**
 * The task that the flags of `addTaskOptions` ask for.
 * @throws UserError for a flag of another task, one that the others leave without effect, or a value out of range.
 */
export function taskFrom(flags: Readonly<Record<string, unknown>> & { task: string }): Task {
  const given = [...taskFlags()].filter((key) => flags[key] !== undefined);
  const task = findTask(flags.task, Object.fromEntries(given.map((key) => [key, numberOrText(String(flags[key]))])));
  const idle = task.kind.idle(task.options);
  const vain = given.filter((key) => idle.includes(key)).map((key) => `--${key}`);
  if (vain.length === 0) return task;
  const others = Object.entries(task.options).filter(([key]) => !idle.includes(key));
  const beside = others.map(([key, value]) => `--${key} ${textOf(value)}`).join(" ");
  throw new UserError(`${vain.join(" and ")} would change nothing: the task is ${task.name} ${beside}`);
}

const taskFlags = () => new Set(taskKinds.flatMap(({ options }) => Object.keys(options.shape)));

const describe =
  (key: string) =>
  ({ name, options }: (typeof taskKinds)[number]): string[] => {
    const option = options.shape[key];
    if (!option) return [];
    return [`${name}: ${option.meta()?.description ?? key} (default: ${textOf(options.parse({})[key])})`];
  };

/** A value as it would be given; a range is a pair. */
const textOf = (value: unknown): string => (Array.isArray(value) ? value.join("..") : String(value));

const numberOrText = (text: string): number | string =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;

/** Adds the flags that say which images a command takes; `description` is what it does with them. */
export const addDataOptions = (command: Command, { description, part }: { description: string; part: Part }): Command =>
  command
    .requiredOption("--data <path>", `${description}: a folder or data set; may be given several times`, several)
    .option(
      "--classes <list>",
      "take these only: 0-499, or 3,7,20-29, or names, or a file of them; they keep their numbers",
    )
    .option(
      "--split <share>",
      "divide the images at random, by their names, into a part to train on and one to judge",
      share,
    )
    .option("--split-seed <n>", "of that division", number, 0)
    .addOption(
      new Option("--part <name>", "part of the split, or of a data set with parts").choices(parts).default(part),
    );

/** For the end of the help text of a command with `addDataOptions`. */
export const dataHelp = `
Data (--data), recognized by what is there:
${layouts.map(({ summary }) => `  ${summary}`).join("\n")}
  any other folder of pictures, with those in the folders inside it; the classes stand in its labels.csv (columns file
  and class_index or wnid), or each has a folder of its own
`;

/** The flags of `addDataOptions`. */
export interface DataFlags {
  data: string[];
  classes?: string;
  split?: number;
  splitSeed: number;
  part: Part;
}

/** What those flags take of the data. */
export const selectionFrom = ({ classes, split, splitSeed, part }: DataFlags) =>
  ({
    part,
    ...(classes !== undefined && { classes }),
    ...(split !== undefined && { split: { train: split, seed: splitSeed } }),
  }) satisfies Selection;

/**
 * The images that those flags ask for.
 * @throws UserError as `openDataset` does.
 */
export const datasetFrom = (flags: DataFlags, options: Omit<DatasetOptions, keyof Selection>): Promise<Dataset> =>
  openDataset(flags.data, { ...options, ...selectionFrom(flags) });

/** "a, b (test part; classes 0-9)" */
export const titleOfData = ({ folders, selection }: Dataset): string =>
  `${folders.join(", ")}${selection ? ` (${selection})` : ""}`;

/** A number between 0 and 1. */
function share(text: string): number {
  const value = number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError("Expected a number between 0 and 1, such as 0.9.");
}
