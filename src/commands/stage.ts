import { join } from "node:path";
import type { StageRole } from "./command.js";

/** The role of a command that writes into the folder `out` and resumes there. */
export const runStage = (files: readonly string[]): StageRole => ({
  settings: (folder) => ({ out: folder, resume: true }),
  outputs: (folder) => files.map((file) => join(folder, file)),
});

/** The role of a command that writes into the folder `out` and resumes by itself. */
export const folderStage = (files: readonly string[], key = "out"): StageRole => ({
  settings: (folder) => ({ [key]: folder }),
  outputs: (folder) => files.map((file) => join(folder, file)),
});

/** The role of a command that writes one file. */
export const fileStage = (key: string, file: string): StageRole => ({
  settings: (folder) => ({ [key]: join(folder, file) }),
  outputs: (folder) => [join(folder, file)],
});
