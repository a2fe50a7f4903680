import { join } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { isThere } from "../platform/node/files.js";
import type { StudyAnswers } from "./answers.js";
import { openStore } from "./open-store.js";
import type { StudyStatus } from "./protocol.js";
import { answersIn } from "./rows.js";
import { statusOf } from "./status.js";
import type { StoredParticipant, StudyStore } from "./store.js";
import { openStudy, type Study, studyFiles } from "./study-folder.js";

/** A study with its answers. */
export interface StudyWithAnswers extends Study, StudyAnswers {
  /** The codes of completion that were given, sorted, so that they cannot be related to participants. */
  readonly completions: readonly string[];
}

/**
 * Reads a study and its answers, also while it is served.
 * @param database the URL of the PostgreSQL database that has the answers. Default: the file in the folder; none: no answers yet.
 * @throws UserError when the study is not valid, was changed after its creation, or its answers belong to another definition.
 */
export async function readStudy(folder: string, database?: string): Promise<StudyWithAnswers> {
  const study = await openStudy(folder);
  if (database === undefined && !(await isThere(join(folder, studyFiles.answers))))
    return { ...study, participants: [], answers: [], completions: [] };
  return reading(study, database, async (store) => {
    const completions = (await store.participants()).flatMap(({ completion }: StoredParticipant) => completion ?? []);
    return { ...study, ...(await answersIn(store, study.definition)), completions: completions.sort() };
  });
}

/**
 * The counts of a study, also while it is served.
 * @throws UserError as `readStudy` does.
 */
export async function readStudyStatus(folder: string, database?: string): Promise<StudyStatus> {
  const study = await openStudy(folder);
  const none = { joined: 0, completed: 0, answers: 0, lastAnswer: null };
  if (database === undefined && !(await isThere(join(folder, studyFiles.answers))))
    return statusOf(study.definition, none);
  return reading(study, database, async (store) => statusOf(study.definition, await store.counts()));
}

/** Reads from the store of a study and closes it. @throws UserError when it cannot be opened or read. */
async function reading<T>(study: Study, database: string | undefined, read: (store: StudyStore) => Promise<T>) {
  const store = await openStore(study, database);
  try {
    return await read(store);
  } catch (error) {
    throw new UserError(`cannot read the answers of the study ${study.folder}: ${messageOf(error)}`);
  } finally {
    await store.close();
  }
}
