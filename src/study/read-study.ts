import { join } from "node:path";
import { isThere } from "../platform/node/files.js";
import type { StudyAnswers } from "./answers.js";
import { openStore } from "./open-store.js";
import type { StudyStatus } from "./protocol.js";
import { answersIn } from "./rows.js";
import { statusOf } from "./status.js";
import type { StoredParticipant } from "./store.js";
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
  const store = await openStore(study, database);
  try {
    const completions = (await store.participants()).flatMap(({ completion }: StoredParticipant) => completion ?? []);
    return { ...study, ...(await answersIn(store, study.definition)), completions: completions.sort() };
  } finally {
    await store.close();
  }
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
  const store = await openStore(study, database);
  try {
    return statusOf(study.definition, await store.counts());
  } finally {
    await store.close();
  }
}
