import { messageOf, UserError } from "../errors.js";
import type { Decoder, DetectorFile } from "./adapters/adapter.js";
import { adapters } from "./adapters/index.js";
import type { AdapterName } from "./adapters/names.js";

/**
 * The first adapter that the outputs of a detector fit, or the chosen one.
 * @throws UserError that lists the outputs and what was looked for.
 */
export function findDecoder(
  path: string,
  file: DetectorFile,
  chosen: AdapterName | undefined,
): { readonly adapter: AdapterName; readonly decoder: Decoder } {
  const tried = adapters.filter(({ name }) => chosen === undefined || name === chosen);
  for (const adapter of tried) {
    const decoder = matched(path, adapter.name, () => adapter.match(file));
    if (decoder) return { adapter: adapter.name, decoder };
  }
  const outputs = file.outputs.map(({ name, shape }) => `"${name}" [${shape.join(", ")}]`).join(", ");
  const looked = tried.map(({ name, looksFor }) => `${looksFor} (\`adapter\` ${name})`).join("; ");
  throw new UserError(
    `cannot use ${path} as a detector: no known layout fits its outputs ${outputs}; looked for: ${looked}`,
  );
}

function matched(path: string, adapter: AdapterName, match: () => Decoder | undefined): Decoder | undefined {
  try {
    return match();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`cannot use ${path} as a detector (adapter ${adapter}): ${messageOf(error)}`);
  }
}
