import { extname, isAbsolute, relative, sep } from "node:path";
import { z } from "zod";
import { parseCsv } from "../data/labels.js";
import { messageOf, reasonsOf, UserError } from "../errors.js";
import { readPredictions } from "../evaluation/from-predictions.js";
import { readUtf8 } from "../platform/node/files.js";
import { stem } from "./image-sets.js";

/** The labels of images by the name of the image without extension; best first. */
export type LabelSet = ReadonlyMap<string, readonly string[]>;

/** The labels that several systems got. */
export interface LabelSets {
  readonly systems: readonly { readonly name: string; readonly labels: LabelSet }[];
  /** The labels of the clean images, if they are known. */
  readonly clean?: LabelSet;
  /** Facts for the report. */
  readonly about: Readonly<Record<string, string>>;
}

/** Rows of an evaluation that are no systems unless they are named. */
const NO_SYSTEMS = new Set(["none", "clean"]);

/**
 * Reads the labels of a service from the predictions file of an evaluation.
 * @param judge the name of the service. Default: the only one.
 * @param names the processors that are compared, the reference first. Default: all.
 * @throws UserError when the file is not valid, or has no such judge or processor, or the judge gives no labels.
 */
export async function labelsInPredictions(
  path: string,
  { judge, names }: { readonly judge?: string | undefined; readonly names?: readonly string[] | undefined },
): Promise<LabelSets> {
  const { setting, measurements } = await readPredictions(path);
  const { processors, images } = measurements;
  const j = judgeIn(path, measurements, judge);
  const setOf = (processor: string): LabelSet => {
    const row = processors.indexOf(processor);
    const known = processors.join(", ");
    if (row < 0)
      throw new UserError(`cannot use ${path}: \`processor\` ${processor} is none of its processors: ${known}`);
    return new Map(
      images.map(({ file, rows }) => {
        const prediction = rows[row]?.predictions[j];
        const labels = prediction?.kind === "labels" ? prediction.labels.map(({ name }) => name) : [];
        return [nameWithin(setting.data.folders, file), labels];
      }),
    );
  };
  const systems = names ?? processors.filter((name) => !NO_SYSTEMS.has(name) && name !== setting.control?.name);
  return {
    systems: systems.map((name) => ({ name, labels: setOf(name) })),
    ...(processors.includes("clean") && { clean: setOf("clean") }),
    about: { judge: measurements.judges[j] as string, task: `${setting.task} x${setting.scale}`, labels: path },
  };
}

/** The position of a judge that gives labels. */
function judgeIn(
  path: string,
  { judges, images }: Awaited<ReturnType<typeof readPredictions>>["measurements"],
  judge: string | undefined,
): number {
  const services = judges.filter((_, j) => images[0]?.rows[0]?.predictions[j]?.kind === "labels");
  const list = services.join(", ") || "none";
  if (judge === undefined && services.length !== 1)
    throw new UserError(`cannot use ${path}: name one of its judges that give labels with \`judge\`: ${list}`);
  const name = judge ?? (services[0] as string);
  if (!services.includes(name))
    throw new UserError(`cannot use ${path}: \`judge\` ${name} is none of its judges that give labels: ${list}`);
  return judges.indexOf(name);
}

/** A file's name relative to the folder that contains it, without extension. */
function nameWithin(folders: readonly string[], file: string): string {
  const inside = folders
    .map((folder) => relative(folder, file))
    .find((way) => !way.startsWith("..") && !isAbsolute(way));
  return stem((inside ?? file).replaceAll(sep, "/"));
}

/** `{"cat.png": ["cat", "animal"]}`; a label can also be `{"name": "cat", "confidence": 0.9}`. */
const LabelFile = z.record(z.string(), z.array(z.union([z.string(), z.object({ name: z.string() })])));

/**
 * Reads the labels of a system from a file: JSON, an object of lists by the image's file name, or CSV with the columns `file` and
 * `label`, one label a row. Labels are in the file's order, best first.
 * @throws UserError when it cannot be read or has another form.
 */
export async function readLabelFile(path: string): Promise<LabelSet> {
  const text = await readUtf8(path).catch((error) => {
    throw new UserError(`cannot read the labels ${path}: ${messageOf(error)}`);
  });
  const labels = new Map<string, readonly string[]>();
  for (const [file, names] of extname(path).toLowerCase() === ".csv"
    ? labelsInCsv(text, path)
    : labelsInJson(text, path)) {
    const known = labels.get(stem(file)) ?? [];
    labels.set(stem(file), [...known, ...names]);
  }
  return labels;
}

function labelsInJson(text: string, path: string): [string, string[]][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UserError(`cannot read the labels ${path}: ${messageOf(error)}`);
  }
  const result = LabelFile.safeParse(parsed);
  if (!result.success)
    throw new UserError(`cannot read the labels ${path}: expected {"file": ["label", …]}; ${reasonsOf(result.error)}`);
  return Object.entries(result.data).map(([file, labels]) => [
    file,
    labels.map((label) => (typeof label === "string" ? label : label.name)),
  ]);
}

function labelsInCsv(text: string, path: string): [string, string[]][] {
  const { header, rows } = parseCsv(text, path);
  const [file, label] = [header.indexOf("file"), header.indexOf("label")];
  if (file < 0 || label < 0)
    throw new UserError(
      `cannot read the labels ${path}: its columns are ${header.join(", ") || "missing"}; expected columns: file, label`,
    );
  return rows.map(({ fields }) => [fields[file] ?? "", [fields[label] ?? ""]]);
}
