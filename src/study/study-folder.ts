import { createHash } from "node:crypto";
import { join, relative, sep } from "node:path";
import { messageOf, reasonsOf, UserError } from "../errors.js";
import { readText } from "../platform/node/files.js";
import { placeOf, requireInputsKept } from "../platform/node/outputs.js";
import { contradictionIn } from "./contradiction.js";
import { StudyDefinition } from "./definition.js";

/** The files of a study's folder. */
export const studyFiles = {
  definition: "study.json",
  hash: "study.sha256",
  codes: "codes.csv",
  images: "images",
  answers: "answers.db",
  adminToken: "admin-token",
} as const;

/** What a study's folder holds, or will hold while it is served. */
const RESERVED = new Set([
  ...Object.values<string>(studyFiles),
  `${studyFiles.answers}-wal`,
  `${studyFiles.answers}-shm`,
]);

/**
 * Checks that outputs do not replace anything of a study, neither what is there nor what serving it creates.
 * @throws UserError that names the output.
 */
export async function requireStudyKept(folder: string, outputs: readonly string[]): Promise<void> {
  const place = await placeOf(folder);
  for (const output of outputs) {
    const [first = ""] = relative(place, await placeOf(output)).split(sep, 1);
    if (RESERVED.has(first))
      throw new UserError(`cannot write ${output}: ${first} belongs to the study ${folder}; choose another output`);
  }
  await requireInputsKept(
    outputs,
    [...RESERVED].map((name) => join(folder, name)),
  );
}

/** A study on the disk. */
export interface Study {
  readonly folder: string;
  readonly definition: StudyDefinition;
  /** SHA-256 of study.json, hexadecimal: the hash that a preregistration states. */
  readonly hash: string;
}

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/**
 * Opens a study and checks that study.json is unchanged since it was created.
 * @throws UserError when a file is missing, not valid or changed.
 */
export async function openStudy(folder: string): Promise<Study> {
  const path = join(folder, studyFiles.definition);
  const read = (file: string) =>
    readText(join(folder, file)).catch((error) => {
      throw new UserError(`cannot open the study ${folder}: ${file}: ${messageOf(error)}`);
    });
  const text = await read(studyFiles.definition);
  const hash = sha256(text);
  const [recorded] = (await read(studyFiles.hash)).split(/\s/, 1);
  if (recorded !== hash)
    throw new UserError(
      `cannot open the study ${folder}: ${studyFiles.definition} was changed after its creation: its SHA-256 is ${hash}, ` +
        `and ${studyFiles.hash} has ${recorded}`,
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  }
  const result = StudyDefinition.safeParse(parsed);
  if (!result.success) throw new UserError(`cannot read ${path}: ${reasonsOf(result.error)}`);
  const problem = contradictionIn(result.data);
  if (problem !== undefined) throw new UserError(`cannot read ${path}: ${problem}`);
  return { folder, definition: result.data, hash };
}
