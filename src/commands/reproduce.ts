import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../errors.js";
import { type Given as InputsGiven, placeholdersIn, type Stage } from "../experiments/plan.js";
import { findRecipes, type Input, inputNames, inputs, packagedRecipes, type RecipeSet } from "../experiments/recipe.js";
import { recipesReport } from "../experiments/recipes-report.js";
import { planRecipes, reproduce as runRecipes, type StageRunner } from "../experiments/reproduce.js";
import { isInside, isThere } from "../platform/node/files.js";
import { named, path, paths, threadCount } from "../settings.js";
import { average } from "./average.js";
import { type Command, type Context, defineCommand, type Given, resolveSettings, type StageRole } from "./command.js";
import { evaluate } from "./evaluate.js";
import { exportModel } from "./export.js";
import { failureSettings } from "./failures.js";
import { wordsOf } from "./flags.js";
import { reportSettings, requireReport, writeReport } from "./html-report.js";
import { studyAnalyze } from "./study-analyze.js";
import { studyCreate } from "./study-create.js";
import { studySimulate } from "./study-simulate.js";
import { sweep } from "./sweep.js";
import { synthesize } from "./synthesize.js";
import { train } from "./train.js";
import { trainRecognizer } from "./train-recognizer.js";
import { transfer } from "./transfer.js";

/** The commands that can be stages of a recipe. */
export const stageCommands: readonly Command[] = [
  synthesize,
  trainRecognizer,
  train,
  average,
  exportModel,
  sweep,
  transfer,
  evaluate,
  studyCreate,
  studySimulate,
  studyAnalyze,
];

const settings = z.object({
  recipe: path("a packaged recipe's name, a recipe's file (JSON or YAML), or a folder of recipes", {
    position: 0,
    placeholder: "recipe",
  }).optional(),
  data: paths("{data}: images to train on; may be repeated").optional(),
  evaluate: paths("{evaluate}: labeled images to judge on; may be repeated").optional(),
  recognizer: paths("{recognizer}: the classifier whose loss is used in training (ONNX)", {
    placeholder: "file",
  }).optional(),
  judge: paths("{judge}: a further classifier that only judges; may be repeated", { placeholder: "file" }).optional(),
  device: z.string().optional().describe("{device}: device to train on").meta({ placeholder: "name" }),
  threads: threadCount().describe("{threads}: intra-op threads of ONNX Runtime"),
  out: path("folder of the results (default: reproduced/RECIPE)", { placeholder: "folder" }).optional(),
  list: z.boolean().default(false).describe("list the recipes of the package"),
  allowFailures: failureSettings.allowFailures.describe(
    "number of unusable inputs of a stage with which the command still exits with 0; with more it exits with 2",
  ),
  ...reportSettings,
  dryRun: z.boolean().default(false).describe("check the stages and print their command lines without running them"),
});
type Settings = z.output<typeof settings>;

export const reproduce = defineCommand({
  name: "reproduce",
  settings,
  notes: `A recipe is a JSON or YAML file of commands with their settings (docs/recipes.md). --list prints those of the package: synthetic
needs no data; people, which has a study with simulated participants, needs none either; small/… suits 2 cores, with labeled images
to train on, others to judge on, and a recognizer; imagenet/… has the settings of Liu et al., for ImageNet and a GPU.

OUT/STAGE contains the results of a stage (OUT/RECIPE/STAGE for a folder of recipes). OUT/report.md contains all results with their
command lines, report.json the same for programs, and report-….svg the plots.
If interrupted, rerun the command to resume; complete stages are skipped. A stage whose settings or inputs have changed runs again,
with those that build on it; its earlier results are kept beside it as STAGE.earlier-1.`,
  examples: [
    "legible reproduce --list",
    "legible reproduce synthetic",
    "legible reproduce small/sr --data photos --evaluate val --recognizer squeezenet1_1.onnx --judge mobilenet_v2.onnx --out sr",
    "legible reproduce imagenet --data imagenet --evaluate imagenet --recognizer resnet18.onnx --judge resnet50.onnx --judge vgg16.onnx --device cuda --out paper",
    "legible reproduce imagenet/sr --dry-run",
    "legible reproduce my-recipes --data photos --evaluate val --recognizer resnet18.onnx",
  ],
  async run(given, context) {
    if (given.list) {
      context.print(listOf(await packagedRecipes()));
      return "done";
    }
    if (given.recipe === undefined)
      throw new UserError(
        `reproduce needs ${named("recipe")}: a name that ${named("list")} prints, a file, or a folder`,
      );
    const set = await findRecipes(given.recipe);
    requireUsed(set, givenBy(given));
    await requireReport(given.report, [...(given.recognizer ?? []), ...(given.judge ?? [])]);
    const out = given.out ?? join("reproduced", set.name);
    const runner = runnerFor(context);
    const plans = await planRecipes(set, given.dryRun ? withPlaceholders(given) : await existing(given), out, runner);
    if (given.dryRun) {
      context.print(plans.flatMap(({ stages }) => stages.map(runner.commandLine)).join("\n"));
      return "done";
    }
    const title = `legible reproduce ${set.name}`;
    const { page, stages, recipes } = await runRecipes(plans, { title, out, runner, ...context });
    await writeReport(given.report, () => recipesReport(title, recipes), context.report);
    context.print(`results: ${page}`);
    const incomplete = stages.filter(({ stage, unusable }) => unusable > Number(stage.settings.allowFailures ?? 0));
    for (const { stage, unusable } of incomplete)
      context.report.info(`${stage.name}: ${unusable} ${unusable === 1 ? "input" : "inputs"} could not be used`);
    return { unusable: Math.max(0, ...incomplete.map(({ unusable }) => unusable)) };
  },
});

function listOf(sets: readonly RecipeSet[]): string {
  const width = Math.max(...sets.map(({ name }) => name.length));
  return sets
    .map(({ name, recipes }) => `${name.padEnd(width)}  ${recipes.map(({ title }) => title).join("; ")}`)
    .join("\n");
}

/** The values of each input. A judge that is also the recognizer is listed once. */
function givenBy({
  data = [],
  evaluate: judged = [],
  recognizer = [],
  judge = [],
  device,
  threads,
}: Settings): InputsGiven {
  const one = <T extends string | number>(value: T | undefined) => (value === undefined ? [] : [value]);
  const judges = judge.filter((file) => !recognizer.includes(file));
  return { data, evaluate: judged, recognizer, judge: judges, device: one(device), threads: one(threads) };
}

/** @throws UserError for an input that no recipe has a place for. */
function requireUsed({ name: set, recipes }: RecipeSet, given: InputsGiven): void {
  const used = new Set(placeholdersIn(recipes));
  const unused = inputNames.find((name) => given[name].length > 0 && !used.has(name));
  if (unused !== undefined) throw new UserError(`the recipe ${set} does not use ${named(unused)}`);
}

/** @throws UserError for a path that does not exist. */
async function existing(chosen: Settings): Promise<InputsGiven> {
  const given = givenBy(chosen);
  for (const name of inputNames.filter((each) => inputs[each].path))
    for (const value of given[name])
      if (!(await isThere(String(value)))) throw new UserError(`${named(name)} ${value}: no such file or folder`);
  return given;
}

/** Missing required inputs remain placeholders. */
function withPlaceholders(chosen: Settings): InputsGiven {
  const given: Record<Input, readonly (string | number)[]> = { ...givenBy(chosen) };
  for (const name of inputNames) if (inputs[name].needed && given[name].length === 0) given[name] = [`{${name}}`];
  return given;
}

interface Found {
  readonly command: Command;
  readonly role: StageRole;
  /** The stage's settings, including those for its output. */
  readonly given: Given;
}

function commandOf(stage: Stage): Found {
  const command = stageCommands.find(({ name }) => name === stage.command);
  if (!command?.stage) {
    const names = stageCommands.map(({ name }) => name).join(", ");
    throw new UserError(`a recipe cannot have the command "${stage.command}" (${stage.name}); it can have ${names}`);
  }
  return { command, role: command.stage, given: { ...stage.settings, ...command.stage.settings(stage.folder) } };
}

/** Runs stages with the commands above. */
export const runnerFor = (context: Context): StageRunner => ({
  async check(stage) {
    const { command, role, given } = commandOf(stage);
    const own = Object.keys(role.settings(stage.folder)).find((key) => Object.hasOwn(stage.settings, key));
    if (own !== undefined)
      throw new UserError(
        `the stage ${stage.name} is not valid: it has the setting "${own}", which reproduce adds itself; remove it from the recipe`,
      );
    const { base: _, ...fresh } = command;
    await resolveSettings(fresh, given).catch((error) => {
      throw new UserError(`the stage ${stage.name} is not valid: ${messageOf(error)}`);
    });
    const results = dirname(resolve(stage.folder));
    const outside = role.alsoWrites?.(given).find((file) => !isInside(resolve(file), results));
    if (outside !== undefined)
      throw new UserError(
        `the stage ${stage.name} is not valid: it writes ${outside}, which is outside the results; ` +
          "begin the path with {NAME}/, the folder of an earlier stage",
      );
  },
  commandLine(stage) {
    const { command, given } = commandOf(stage);
    return ["legible", ...command.name.split(" "), ...wordsOf(command.settings, given)].map(quoted).join(" ");
  },
  outputs(stage) {
    return commandOf(stage).role.outputs(stage.folder);
  },
  async run(stage) {
    const { command, given } = commandOf(stage);
    const resolved = await resolveSettings(command, given);
    const ended = await command.run(resolved.settings, context, resolved.given);
    context.signal.throwIfAborted();
    return typeof ended === "string" ? 0 : ended.unusable;
  },
});

const quoted = (word: string): string =>
  /^[\w./=,:@%+{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
