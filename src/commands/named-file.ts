import { z } from "zod";
import { modelTitle } from "../platform/node/models.js";

/** "NAME=FILE", "FILE", or the same as an object. */
export const NamedFile = z.union([z.string(), z.object({ name: z.string(), file: z.string() })]).transform((given) => {
  if (typeof given !== "string") return given;
  const [, name, file] = /^([^=/\\]+)=(.+)$/.exec(given) ?? [];
  return name === undefined || file === undefined ? { name: modelTitle(given), file: given } : { name, file };
});
