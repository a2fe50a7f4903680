import { z } from "zod";
import { firstLineOf, messageOf, UserError } from "../errors.js";
import { readText } from "../platform/node/files.js";

/** The most bytes of a config file. */
const LARGEST = 2 ** 22;

/**
 * Reads settings from a JSON or YAML file. Its key "$schema", which editors use, is not a setting.
 * @throws UserError when it cannot be read or holds no object.
 */
export async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const text = await readText(path, LARGEST).catch((error: unknown) => {
    throw new UserError(`cannot read the config file ${path}: ${messageOf(error)}`);
  });
  const { parse } = await import("yaml"); // a tenth of the time to start, and few commands read a file
  try {
    const { $schema, ...settings } = z
      .record(z.string(), z.unknown())
      .parse(parse(text, { maxAliasCount: 100, logLevel: "error" }));
    return settings;
  } catch (error) {
    const reason = error instanceof z.ZodError ? "expected settings by name" : firstLineOf(error);
    throw new UserError(`cannot use the config file ${path}: ${reason}`);
  }
}
