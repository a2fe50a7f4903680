import { z } from "zod";
import { path } from "../settings.js";

/** The study's folder, as a positional argument. */
export const studyFolder = () => path("the study's folder", { position: 0, placeholder: "folder" });

/** Where answers are kept, if not in the study's folder. */
export const databaseSetting = z
  .string()
  .regex(/^postgres(ql)?:\/\//, "must begin with postgres://")
  .optional()
  .describe("URL of a PostgreSQL database that keeps the answers (default: answers.db in the study's folder)")
  .meta({ placeholder: "url" });
