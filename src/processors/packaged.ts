import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.js";
import { named } from "../settings.js";
import { interpolateProcessors } from "./average.js";
import { type OpenOptions, openProcessor } from "./open.js";
import { Processor } from "./processor.js";

/** The restorations that packaged models are made for; `all` removes several degradations at once. */
export const packagedTasks = ["sr", "denoise", "jpeg", "all"] as const;
/** What a packaged model is for. */
export type PackagedTask = (typeof packagedTasks)[number];

/** Small models are faster, medium ones better. */
export const packagedSizes = ["s", "m"] as const;
/** The size of a packaged model: `s` is faster, `m` better. */
export type PackagedSize = (typeof packagedSizes)[number];

/** Whom a result is made for: `people` selects the objective plain, `machines` ra, `both` weights halfway between them. */
export const audiences = ["people", "machines", "both"] as const;
/** Whom a result is made for. */
export type Audience = (typeof audiences)[number];

/** The objectives of packaged models. */
const OBJECTIVES = { people: "plain", machines: "ra" } as const;

/** A model that is part of the package. */
export interface PackagedModel {
  /** The file's name without the extension: "sr-x4-m-ra". */
  readonly name: string;
  readonly file: string;
  readonly task: PackagedTask;
  readonly scale: number;
  /** Undefined if the name states none. */
  readonly size: PackagedSize | undefined;
  readonly objective: "plain" | "ra";
}

/** Which packaged model is wanted. */
export interface PackagedChoice {
  /** Default: sr. */
  readonly task?: PackagedTask | undefined;
  /** Of super-resolution. Default: 4. */
  readonly scale?: number | undefined;
  /** Default: the medium one if there is one. */
  readonly size?: PackagedSize | undefined;
  /** Default: machines. */
  readonly for?: Audience | undefined;
  /** From 0 (plain) to 1 (ra): weights between those of both models. Replaces `for`. */
  readonly balance?: number | undefined;
}

/** The folder of the packaged models. */
export const packagedFolder = fileURLToPath(new URL("../../../models", import.meta.url));

/** "sr-x4-m-ra.onnx", "denoise-s-plain.onnx"; a name without a size is that of an earlier release. */
const NAME = /^((?:(sr)-x(\d+)|denoise|jpeg|all)(?:-([sm]))?-(plain|ra))\.onnx$/;

/**
 * The models of the package, sorted by name.
 * @param folder Default: that of the package.
 * @throws UserError when the folder is missing.
 */
export async function packagedModels(folder = packagedFolder): Promise<PackagedModel[]> {
  const files = await readdir(folder).catch(() => {
    throw new UserError(`the folder of the packaged models is missing: ${folder}; install the package again`);
  });
  return files.sort().flatMap((file) => {
    const [, name, sr, scale, size, objective] = NAME.exec(file) ?? [];
    if (name === undefined) return [];
    const task = (sr ?? name.split("-", 1)[0]) as PackagedTask;
    return [{ name, file: join(folder, file), task, scale: Number(scale ?? 1), size, objective } as PackagedModel];
  });
}

/**
 * The packaged model for a choice without a balance.
 * @example
 * const { file } = await packagedModel({ task: "sr", scale: 4, size: "m", for: "people" });
 * @throws UserError that lists the packaged models when none fits.
 */
export async function packagedModel(
  { for: audience = "machines", ...choice }: Omit<PackagedChoice, "for" | "balance"> & { for?: "people" | "machines" },
  folder = packagedFolder,
): Promise<PackagedModel> {
  return find(await fitting(choice, folder), { ...choice, objective: OBJECTIVES[audience] }, folder);
}

/**
 * Opens the packaged processor for a choice. Weights between those of plain and ra are interpolated.
 * @example
 * const processor = await openPackagedProcessor({ task: "sr", scale: 4, balance: 0.5 });
 * @throws UserError that lists the packaged models when none fits, or a setting does not fit the others.
 */
export async function openPackagedProcessor(
  choice: PackagedChoice = {},
  options: OpenOptions = {},
  folder = packagedFolder,
): Promise<Processor> {
  if (choice.balance !== undefined && choice.for !== undefined)
    throw new UserError(`${named("for")} and ${named("balance")} cannot both be set`);
  const balance = choice.balance ?? { people: 0, machines: 1, both: 0.5 }[choice.for ?? "machines"];
  if (!(balance >= 0 && balance <= 1))
    throw new UserError(`${named("balance")} is ${balance}; expected a number from 0 to 1`);
  const models = await fitting(choice, folder);
  const open = async (objective: "plain" | "ra") =>
    openProcessor((await find(models, { ...choice, objective }, folder)).file, options);
  if (balance === 0) return open("plain");
  if (balance === 1) return open("ra");
  const [plain, ra] = [await open("plain"), await open("ra")];
  const graph = interpolateProcessors(plain.graph, ra.graph, balance);
  return new Processor(graph, { name: `${ra.name}-balance-${balance}`, format: ra.format }, options);
}

/**
 * All packaged models of a task and a scale.
 * @throws UserError that lists the packaged models when there is none.
 */
export async function packagedModelsFor(
  { task, scale }: Pick<PackagedChoice, "task" | "scale">,
  folder = packagedFolder,
): Promise<readonly PackagedModel[]> {
  const models = await fitting({ task, scale }, folder);
  if (models.length === 0) throw await noModel({ task, scale }, folder);
  return models;
}

/** The models of a choice's task and scale. @throws UserError when the scale is not one of the task's. */
async function fitting({ task = "sr", scale }: PackagedChoice, folder: string): Promise<PackagedModel[]> {
  if (task !== "sr" && scale !== undefined && scale !== 1)
    throw new UserError(
      `${named("scale")} ${scale} does not fit ${named("task")} ${task}: the package's models of this task keep the size`,
    );
  const wanted = task === "sr" ? (scale ?? 4) : 1;
  return (await packagedModels(folder)).filter((model) => model.task === task && model.scale === wanted);
}

/** The model of that size and objective; of the first size there is, medium first, if none is wanted. */
async function find(
  models: readonly PackagedModel[],
  { objective, task, scale, size }: PackagedChoice & { readonly objective: string },
  folder: string,
): Promise<PackagedModel> {
  const sizes = size === undefined ? (["m", undefined, "s"] as const) : [size];
  const found = sizes
    .map((each) => models.filter((model) => model.size === each))
    .find((ofSize) => ofSize.length > 0)
    ?.find((model) => model.objective === objective);
  if (found) return found;
  throw await noModel({ task, scale, size, objective }, folder);
}

/** The error that no packaged model fits. */
async function noModel(
  { task = "sr", scale = 4, size, objective }: PackagedChoice & { readonly objective?: string },
  folder: string,
): Promise<UserError> {
  const wanted = [task, ...(task === "sr" ? [`x${scale}`] : []), size ?? [], objective ?? []].flat();
  const names = (await packagedModels(folder)).map(({ name }) => name);
  return new UserError(
    `the package has no model ${wanted.join("-")}; it has ${names.length === 0 ? "none" : names.join(", ")}. ` +
      `Change ${named("task")} or ${named("scale")}, leave out ${named("size")}, or give a file as ${named("model")}`,
  );
}
