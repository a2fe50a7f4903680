import { join } from "node:path";
import { Command } from "commander";
import { messageOf, UserError } from "../errors.js";
import { type Findings, findingsOf } from "../experiments/findings.js";
import { Ledger } from "../experiments/ledger.js";
import { writePage } from "../experiments/page.js";
import { type Given, planned, type Stage } from "../experiments/plan.js";
import {
  findRecipes,
  type Input,
  inputNames,
  inputs,
  type NamedRecipe,
  packagedRecipes,
  type RecipeSet,
} from "../experiments/recipe.js";
import { isThere } from "../platform/node/files.js";
import { several } from "./options.js";
import { commandLine, flagsOf, runStage } from "./stages.js";
import { stopSignal } from "./stop.js";

interface Flags {
  data: string[];
  evaluate: string[];
  recognizer: string[];
  judge: string[];
  device?: string;
  threads?: string;
  out?: string;
  dryRun: boolean;
  list: boolean;
}

export const reproduceCommand = new Command("reproduce")
  .description("run a recipe, or a set of them, from data to one page of results")
  .argument("[recipe]", "a recipe's name, its file, or a folder of recipes")
  .option("--data <path>", "{data}: images to train on; may be given several times", several, [])
  .option("--evaluate <path>", "{evaluate}: images with classes to judge on; may be given several times", several, [])
  .option("--recognizer <file>", "{recognizer}: the classifier whose loss trains (ONNX)", several, [])
  .option("--judge <file>", "{judge}: a further one that judges only; may be given several times", several, [])
  .option("--device <name>", "{device}: where to train")
  .option("--threads <n>", "{threads}: threads to compute with")
  .option("--out <folder>", "where everything goes (default: reproduced/RECIPE)")
  .option("--list", "name the recipes that come with the package", false)
  .option("--dry-run", "check the commands and print them, and do nothing", false)
  .addHelpText(
    "after",
    `
A recipe is a JSON file of Legible's commands: --list names those of the package. synthetic needs nothing. small/… is for 2 cores:
a folder of photographs with classes, one to judge on, a recognizer. imagenet/… is what Liu et al. did, for ImageNet and a GPU.

OUT/STAGE holds what a command made (OUT/RECIPE/STAGE where there are several recipes), OUT/report.md the results with the
commands that gave them, report.json the same for programs, report-….svg the plots.
Ctrl-C is safe: the same command goes on where it stopped, and does nothing that is done. A stage whose command has changed is done
again, with those that build on it; what it made before is kept beside it, as STAGE.earlier-1.

Examples:
  $ legible reproduce --list
  $ legible reproduce synthetic
  $ legible reproduce small/sr --data photos --evaluate val --recognizer squeezenet1_1.onnx --judge mobilenet_v2.onnx --out sr
  $ legible reproduce imagenet --data imagenet --evaluate imagenet --recognizer resnet18.onnx --judge resnet50.onnx \\
      --judge vgg16.onnx --device cuda --out paper
  $ legible reproduce imagenet/sr --dry-run
  $ legible reproduce my-recipes --data photos --evaluate val --recognizer resnet18.onnx`,
  )
  .action(run);

async function run(target: string | undefined, flags: Flags): Promise<void> {
  if (flags.list) return console.log(listOf(await packagedRecipes()));
  if (target === undefined) throw new UserError("say which recipe: a name that --list shows, a file, or a folder");
  const set = await findRecipes(target);
  const out = flags.out ?? join("reproduced", set.name);
  const given = flags.dryRun ? givenOrNamed(flags) : await givenAndThere(flags);
  const plans = set.recipes.map((recipe) => {
    const folder = set.isFolder ? join(out, recipe.name) : out;
    return { recipe, folder, stages: checked(recipe, given, folder) };
  });
  if (flags.dryRun) return console.log(plans.flatMap(({ stages }) => stages.map(commandLine)).join("\n"));
  stopSignal().addEventListener("abort", () =>
    console.error("stopping after what is in hand; Ctrl-C again ends it at once"),
  );
  const findings: Findings[] = [];
  for (const { recipe, folder, stages } of plans) {
    if (!(await carryOut(recipe, stages, folder))) {
      console.error("stopped; the same command goes on from here");
      process.exitCode = 130;
      return;
    }
    findings.push(await findingsOf(recipe, stages, commandLine));
    const page = await writePage(out, `legible reproduce ${set.name}`, findings);
    if (findings.length === plans.length) console.log(`results: ${page}`);
  }
}

function listOf(sets: readonly RecipeSet[]): string {
  const width = Math.max(...sets.map(({ name }) => name.length));
  return sets
    .map(({ name, recipes }) => `${name.padEnd(width)}  ${recipes.map(({ title }) => title).join("; ")}`)
    .join("\n");
}

/** The flags by input. A judge that is a recognizer already is not named twice. */
function givenBy({ data, evaluate, recognizer, judge, device, threads }: Flags): Given {
  const one = (value: string | undefined) => (value === undefined ? [] : [value]);
  const judges = judge.filter((file) => !recognizer.includes(file));
  return { data, evaluate, recognizer, judge: judges, device: one(device), threads: one(threads) };
}

/** @throws UserError for a path where there is nothing. */
async function givenAndThere(flags: Flags): Promise<Given> {
  const given = givenBy(flags);
  for (const name of inputNames.filter((each) => inputs[each].path))
    for (const path of given[name])
      if (!(await isThere(path))) throw new UserError(`--${name} ${path}: there is no such file`);
  return given;
}

/** What is needed and not given is named. */
function givenOrNamed(flags: Flags): Given {
  const given: Record<Input, readonly string[]> = { ...givenBy(flags) };
  for (const name of inputNames) if (inputs[name].needed && given[name].length === 0) given[name] = [`{${name}}`];
  return given;
}

/** @throws UserError when one of its commands would be refused: before the first has taken its time. */
function checked(recipe: NamedRecipe, given: Given, folder: string): Stage[] {
  const stages = planned(recipe, given, folder);
  for (const stage of stages) flagsOf(stage);
  return stages;
}

/** Does what is not yet done. @returns whether all is; false when it was asked to stop. */
async function carryOut({ name: recipe }: NamedRecipe, stages: readonly Stage[], folder: string): Promise<boolean> {
  const ledger = await Ledger.open(folder);
  const signal = stopSignal();
  for (const [i, stage] of stages.entries()) {
    const title = `${recipe}: ${stage.name} (${i + 1} of ${stages.length})`;
    if (await ledger.isDone(stage)) {
      console.error(`${title} is done`);
      continue;
    }
    const kept = await ledger.begin(stage);
    if (kept) console.error(`${title}: the command has changed; what it made before is kept in ${kept}`);
    console.error(`${title}\n$ ${commandLine(stage)}`);
    const ended = await runStage(stage).catch((error) => {
      throw error instanceof UserError ? new UserError(`${title}: ${messageOf(error)}`) : error;
    });
    if (ended) await ledger.finish(stage);
    if (signal.aborted) return false;
  }
  return true;
}
