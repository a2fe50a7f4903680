import { basename } from "node:path";
import { readModel, sha256OfFile } from "../platform/node/models.js";
import { cardOf } from "../processors/card.js";
import { type ReportedModel, trainingText } from "./setting-parts.js";

/** A model's file and its part in an experiment. */
export interface ModelFile {
  readonly name: string;
  readonly role: string;
  readonly file: string;
}

/** The models with the hashes of their files, and their trainings as their cards state them. */
export async function reportedModels(files: readonly ModelFile[]): Promise<ReportedModel[]> {
  const models: ReportedModel[] = [];
  for (const { name, role, file } of files) {
    const card = cardOf(await readModel(file));
    models.push({
      ...{ name, role, file: basename(file), sha256: await sha256OfFile(file) },
      ...(card && { about: trainingText(card) }),
    });
  }
  return models;
}
