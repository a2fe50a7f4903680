import { rename } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../errors.js";
import type { Job, JobStore } from "../jobs/job.js";
import { openLocalStore } from "../jobs/local-store.js";
import { runJobs } from "../jobs/run-jobs.js";
import { isThere } from "../platform/node/files.js";
import { findingsOf } from "./findings.js";
import { writePage } from "./page.js";
import { type Given, planStages, type Stage } from "./plan.js";
import type { NamedRecipe, RecipeSet } from "./recipe.js";
import type { FoundRecipe } from "./recipes-report.js";
import type { ExperimentContext } from "./series.js";

/** Runs the commands of stages. */
export interface StageRunner {
  /** @throws UserError when a stage's command or settings are not valid. */
  check(stage: Stage): Promise<void>;
  /** The stage as a command line. */
  commandLine(stage: Stage): string;
  /** The files that complete the stage. */
  outputs(stage: Stage): readonly string[];
  /** @returns the number of inputs that it could not use. @throws the signal's reason when it is interrupted. */
  run(stage: Stage): Promise<number>;
}

/** A complete stage. */
export interface StageResult {
  readonly stage: Stage;
  /** Number of inputs that it could not use. */
  readonly unusable: number;
}

/** A recipe with its planned stages. */
export interface RecipePlan {
  readonly recipe: NamedRecipe;
  readonly folder: string;
  readonly stages: readonly Stage[];
}

/**
 * Plans every recipe of a set.
 * @param out folder of the results; the recipes of a folder get one folder each in it.
 * @throws UserError when a stage is not valid, before the first one runs.
 */
export async function planRecipes(
  { recipes, isFolder }: RecipeSet,
  given: Given,
  out: string,
  runner: StageRunner,
): Promise<RecipePlan[]> {
  const plans: RecipePlan[] = [];
  for (const recipe of recipes) {
    const folder = isFolder ? join(out, recipe.name) : out;
    const stages = await planStages(recipe, given, folder);
    for (const stage of stages) await runner.check(stage);
    plans.push({ recipe, folder, stages });
  }
  return plans;
}

/**
 * Runs planned recipes and writes one page of results. If interrupted, the same call does only what is left. A stage whose
 * settings or inputs have changed runs again; its earlier results are kept beside it.
 * @returns the path of report.md, the results of each recipe, and for each stage the number of inputs that it could not use, now or when it completed.
 * @throws the signal's reason when it aborts.
 */
export async function reproduce(
  plans: readonly RecipePlan[],
  { title, out, runner, ...context }: ExperimentContext & { title: string; out: string; runner: StageRunner },
): Promise<{ page: string; stages: StageResult[]; recipes: FoundRecipe[] }> {
  const results: StageResult[] = [];
  const recipes: FoundRecipe[] = [];
  let page = "";
  for (const { recipe, folder, stages } of plans) {
    const unusable = await runStages(recipe, stages, folder, runner, context);
    results.push(...stages.map((stage, i) => ({ stage, unusable: unusable[i] ?? 0 })));
    recipes.push({ findings: await findingsOf(recipe, stages, runner.commandLine), folder });
    page = await writePage(
      out,
      title,
      recipes.map(({ findings }) => findings),
    );
  }
  return { page, stages: results, recipes };
}

/** @returns the number of unusable inputs of each stage; null in the records of earlier versions. */
async function runStages(
  { name: recipe }: NamedRecipe,
  stages: readonly Stage[],
  folder: string,
  runner: StageRunner,
  { report, signal }: ExperimentContext,
): Promise<(number | null)[]> {
  const store = await openLocalStore(join(folder, "jobs.jsonl"));
  const titleOf = (name: string) => {
    const i = stages.findIndex((stage) => stage.name === name);
    return `${recipe}: ${name} (${i + 1} of ${stages.length})`;
  };
  const jobs = stages.map(
    (stage): Job<number | null> => ({
      name: stage.name,
      key: stage.key,
      outputs: runner.outputs(stage),
      async run() {
        const title = titleOf(stage.name);
        const earlier = await claimFolder(stage, store);
        if (earlier) report.info(`${title}: its settings have changed; its earlier results are kept in ${earlier}`);
        report.info(`${title}\n$ ${runner.commandLine(stage)}`);
        return runner.run(stage).catch((error) => {
          throw error instanceof UserError ? new UserError(`${title}: ${messageOf(error)}`) : error;
        });
      },
    }),
  );
  const onEnd = ({ kind, job }: { kind: string; job: Job<number | null> }) =>
    kind === "kept" && report.info(`${titleOf(job.name)} is complete`);
  return runJobs(jobs, { store, signal, onEnd }).finally(() => store.close());
}

/**
 * Records the key of a starting stage. Moves the results of a stage with another key to a folder of their own.
 * @returns that folder; undefined if there were no results.
 */
async function claimFolder({ name, key, folder }: Stage, store: JobStore): Promise<string | undefined> {
  const claim = { name: `${name} (started)`, key, outputs: [], result: null };
  const foreign = (await store.get(claim.name))?.key !== key && (await isThere(folder));
  const moved = foreign ? await unusedName(folder) : undefined;
  if (moved !== undefined) await rename(folder, moved);
  await store.put(claim);
  return moved;
}

async function unusedName(folder: string): Promise<string> {
  for (let i = 1; ; i++) if (!(await isThere(`${folder}.earlier-${i}`))) return `${folder}.earlier-${i}`;
}
