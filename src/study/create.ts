import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rename, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf, reasonsOf, UserError } from "../errors.js";
import type { Image } from "../images/image.js";
import { encodeImage } from "../platform/node/codec.js";
import { makeFolder, writeBytes } from "../platform/node/files.js";
import { withTemporary } from "../platform/node/temporary.js";
import { codeHash, normalizedCode } from "./codes.js";
import { contradictionIn } from "./contradiction.js";
import { type ExclusionRules, StudyDefinition, type StudyItem, type StudyKind } from "./definition.js";
import { sha256, studyFiles } from "./study-folder.js";

/** Writes an image into a study. @returns its random name, which reveals neither the system nor the file. */
export type AddImage = (image: Image) => Promise<string>;

/** The settings of a study that do not depend on its kind. */
export interface StudySettings {
  readonly title: string;
  readonly kind: StudyKind;
  /** The systems, the reference first. */
  readonly systems: readonly string[];
  readonly consent: string;
  /** Trials of a participant without checks. Default: all items, 40 at most. */
  readonly trials?: number;
  /** Milliseconds that a naming trial shows its image. */
  readonly exposure: number;
  /** The codes of participants, or the largest number of participants without codes. */
  readonly access: { readonly codes: readonly string[] } | { readonly cap: number };
  readonly exclusions: ExclusionRules;
  readonly seed: number;
  readonly about: Readonly<Record<string, string>>;
  readonly simulated: boolean;
}

/** The items of a study: those that are compared, and the attention checks. */
export interface StudyItems {
  readonly regular: readonly StudyItem[];
  readonly checks: readonly StudyItem[];
}

/** A study that was created. */
export interface CreatedStudy {
  readonly definition: StudyDefinition;
  /** SHA-256 of study.json: state it in a preregistration. */
  readonly hash: string;
}

const MOST_TRIALS = 40;

/**
 * Creates a study's folder, whole or not at all.
 * @param itemsOf makes the items and adds their images.
 * @throws UserError when the folder exists and is not empty, or the settings do not fit each other.
 */
export async function createStudy(
  folder: string,
  settings: StudySettings,
  itemsOf: (addImage: AddImage) => Promise<StudyItems>,
): Promise<CreatedStudy> {
  await requireNew(folder);
  const place = resolve(folder);
  await makeFolder(dirname(place));
  return withTemporary(dirname(place), async (temporary) => {
    await mkdir(join(temporary, studyFiles.images), { recursive: true });
    await chmod(temporary, 0o700);
    const items = await itemsOf(async (image) => {
      const name = `${randomBytes(16).toString("hex")}.png`;
      await encodeImage(image, join(temporary, studyFiles.images, name));
      return name;
    });
    const definition = definitionOf(settings, items);
    const text = `${JSON.stringify(definition, null, 2)}\n`;
    const hash = sha256(text);
    await writeBytes(join(temporary, studyFiles.hash), [`${hash}  ${studyFiles.definition}\n`]);
    if ("codes" in settings.access)
      await writeFile(join(temporary, studyFiles.codes), `code\n${settings.access.codes.join("\n")}\n`, {
        mode: 0o600,
      });
    await writeBytes(join(temporary, studyFiles.definition), [text]);
    await rmdir(place).catch(() => {}); // an empty folder; another one makes the next line fail
    await rename(temporary, place).catch((error) => {
      throw new UserError(`cannot create the study ${folder}: ${messageOf(error)}`);
    });
    return { definition, hash };
  });
}

/** @throws UserError when the folder exists and is not empty. */
export async function requireNew(folder: string): Promise<void> {
  const names: string[] = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw new UserError(`cannot create the study ${folder}: ${messageOf(error)}`);
  });
  if (names.includes(studyFiles.definition))
    throw new UserError(`cannot create the study ${folder}: there is a study; a study is never overwritten`);
  if (names.length > 0) throw new UserError(`cannot create the study ${folder}: the folder is not empty`);
}

function definitionOf(settings: StudySettings, { regular, checks }: StudyItems): StudyDefinition {
  const { trials = Math.min(MOST_TRIALS, regular.length), access, systems, about, ...rest } = settings;
  const id = randomBytes(8).toString("hex");
  const result = StudyDefinition.safeParse({
    ...{ format: "legible-study", version: 1, id, created: new Date().toISOString(), ...rest },
    ...{ systems: [...systems], items: [...regular, ...checks], trials, checks: checks.length, about: { ...about } },
    access:
      "codes" in access ? { kind: "codes", codes: hashesOf(id, access.codes) } : { kind: "open", cap: access.cap },
  });
  const problem = result.success ? contradictionIn(result.data) : reasonsOf(result.error);
  if (result.success && problem === undefined) return result.data;
  throw new UserError(`cannot create the study: ${problem}`);
}

/** @throws UserError when two codes are equal, or one is shorter than 4 characters. */
function hashesOf(id: string, codes: readonly string[]): string[] {
  const seen = new Set<string>();
  for (const code of codes) {
    const normalized = normalizedCode(code);
    if (normalized.length < 4 || code.length > 64)
      throw new UserError(`cannot create the study: the code "${code}" does not have 4 to 64 letters or digits`);
    if (seen.has(normalized)) throw new UserError(`cannot create the study: the code "${code}" is repeated`);
    seen.add(normalized);
  }
  return codes.map((code) => codeHash(id, code));
}
