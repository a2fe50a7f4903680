import { z } from "zod";
import { UserError } from "../errors.js";
import { listOf, named, path, positiveInteger, wholeNumber } from "../settings.js";
import type { AddImage, StudyItems } from "../study/create.js";
import type { StudyKind } from "../study/definition.js";
import type { Skipped } from "../study/image-sets.js";
import { type LabelSets, labelsInPredictions, readLabelFile } from "../study/label-sets.js";
import { labelsItems } from "../study/labels-items.js";
import { namingItems } from "../study/naming-items.js";
import { openOriginals } from "../study/originals.js";
import { qualityItems } from "../study/quality-items.js";

/** "NAME=PATH". */
const NamedPath = z.string().transform((text, context) => {
  const [, name, path] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  // An object has no own key `__proto__`, and the items are objects by system.
  if (name !== undefined && name !== "__proto__" && path !== undefined) return { name, path };
  context.issues.push({ code: "custom", message: "must be name=path", input: text });
  return z.NEVER;
});

/** The settings of what a study shows. */
export const contentSettings = {
  system: listOf(NamedPath)
    .optional()
    .describe("quality, naming: a system and the folder of its results, the reference first; repeated")
    .meta({ placeholder: "name=folder" }),
  originals: path("labels, naming: the original images; for naming they have classes", {
    placeholder: "folder",
  }).optional(),
  labels: listOf(NamedPath)
    .optional()
    .describe("labels: a system and a file of its labels, JSON or CSV, the reference first; repeated")
    .meta({ placeholder: "name=file" }),
  predictions: path("labels: a file that evaluate wrote, with the labels of a service", {
    placeholder: "file",
  }).optional(),
  judge: z
    .string()
    .optional()
    .describe("labels: the service in that file (default: the only one)")
    .meta({ placeholder: "name" }),
  processor: listOf(z.string())
    .optional()
    .describe("labels: a processor in that file, the reference first; repeated (default: all)")
    .meta({ placeholder: "name" }),
  top: positiveInteger(20).optional().describe("labels: number of labels of a set that are shown (default: 5)"),
  choices: positiveInteger(100)
    .min(2, "must be 2 or more")
    .optional()
    .describe("naming: number of names to choose from (default: participants type a name)"),
  exposure: positiveInteger(60_000)
    .min(16, "must be 16 or more")
    .optional()
    .describe("naming: milliseconds for which an image is shown (default: 500)"),
  checks: wholeNumber()
    .max(100, "must be at most 100")
    .optional()
    .describe("attention checks of a participant (default: one for 10 trials, 4 at most)"),
};

interface Settings extends z.output<z.ZodObject<typeof contentSettings>> {
  readonly kind: StudyKind;
  readonly trials?: number | undefined;
  readonly seed: number;
}

/** Images that a study does not use. */
export interface Omitted {
  readonly skipped: readonly Skipped[];
  readonly identical: number;
}

/** What a study shows. */
export interface StudyContent {
  readonly systems: readonly string[];
  /** Facts for the report. */
  readonly about: Readonly<Record<string, string>>;
  /** Attention checks that are wanted. */
  readonly checks: number;
  itemsOf(addImage: AddImage): Promise<StudyItems & Omitted>;
}

/** The settings that each kind reads. */
const READ: Readonly<Record<StudyKind, readonly (keyof typeof contentSettings)[]>> = {
  labels: ["originals", "labels", "predictions", "judge", "processor", "top", "checks"],
  quality: ["system", "checks"],
  naming: ["system", "originals", "choices", "exposure", "checks"],
};

/** Attention checks for a number of trials. */
const checksFor = ({ checks, trials = 40 }: Settings): number => checks ?? Math.min(4, Math.ceil(trials / 10));

/**
 * What the settings of a study's content choose.
 * @throws UserError when one is missing, has no effect, or names files that cannot be read.
 */
export async function contentFrom(given: Settings): Promise<StudyContent> {
  const { kind } = given;
  for (const key of Object.keys(contentSettings) as (keyof typeof contentSettings)[])
    if (given[key] !== undefined && !READ[kind].includes(key))
      throw new UserError(`${named(key)} has no effect on a study of ${kind}; leave it out`);
  return kind === "labels" ? labelsContent(given) : kind === "naming" ? namingContent(given) : qualityContent(given);
}

/** The systems and their folders. @throws UserError when there are fewer than `least`, or a name is repeated. */
function systemsFrom({ system = [], kind }: Settings, least: number) {
  if (system.length < least)
    throw new UserError(
      `a study of ${kind} needs ${least === 1 ? "a system" : "two systems or more"}: ${named("system")} name=folder`,
    );
  requireUnique(
    system.map(({ name }) => name),
    "system",
  );
  return system.map(({ name, path }) => ({ name, folder: path }));
}

function requireUnique(names: readonly string[], key: string): void {
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw new UserError(`${named(key)} has the name ${repeated} twice`);
}

function qualityContent(given: Settings): StudyContent {
  const systems = systemsFrom(given, 2);
  return {
    systems: systems.map(({ name }) => name),
    about: Object.fromEntries(systems.map(({ name, folder }) => [`images of ${name}`, folder])),
    checks: checksFor(given),
    itemsOf: (addImage) => qualityItems(systems, checksFor(given), addImage),
  };
}

async function namingContent(given: Settings): Promise<StudyContent> {
  const { originals: folder, choices, seed } = given;
  const systems = systemsFrom(given, 1);
  if (folder === undefined)
    throw new UserError(
      `a study of naming needs ${named("originals")}, a folder of the original images with their classes`,
    );
  const originals = await openOriginals(folder, true);
  if (originals.classes.length === 0)
    throw new UserError(`a study of naming needs class names; ${folder} has class numbers alone: add classes.txt`);
  const options = { choices, checks: checksFor(given), seed };
  return {
    systems: systems.map(({ name }) => name),
    about: {
      originals: folder,
      ...Object.fromEntries(systems.map((system) => [`images of ${system.name}`, system.folder])),
    },
    checks: options.checks,
    itemsOf: (addImage) => namingItems(systems, originals, options, addImage),
  };
}

async function labelsContent(given: Settings): Promise<StudyContent> {
  const { originals: folder, top = 5 } = given;
  if (folder === undefined)
    throw new UserError(`a study of labels needs ${named("originals")}, a folder of the original images`);
  const sets = await labelSetsFrom(given);
  const systems = sets.systems.map(({ name }) => name);
  if (systems.length < 2)
    throw new UserError(`a study of labels compares two systems or more, and ${systems.join(", ") || "none"} is given`);
  const originals = await openOriginals(folder, false);
  const options = { top, checks: checksFor(given) };
  return {
    systems,
    about: { originals: folder, ...sets.about },
    checks: options.checks,
    itemsOf: (addImage) => labelsItems(sets, originals, options, addImage),
  };
}

async function labelSetsFrom({ labels, predictions, judge, processor }: Settings): Promise<LabelSets> {
  if ((labels === undefined) === (predictions === undefined))
    throw new UserError(`a study of labels needs either ${named("labels")} or ${named("predictions")}`);
  if (predictions !== undefined) {
    requireUnique(processor ?? [], "processor");
    return labelsInPredictions(predictions, { judge, names: processor });
  }
  for (const [key, value] of Object.entries({ judge, processor }))
    if (value !== undefined) throw new UserError(`${named(key)} needs ${named("predictions")}`);
  requireUnique(
    (labels ?? []).map(({ name }) => name),
    "labels",
  );
  const systems = [];
  for (const { name, path } of labels ?? []) systems.push({ name, labels: await readLabelFile(path) });
  return { systems, about: Object.fromEntries((labels ?? []).map(({ name, path }) => [`labels of ${name}`, path])) };
}
