import { UserError } from "../errors.js";
import { modelTitle, sha256OfFile } from "../platform/node/models.js";
import type { ServiceName } from "../remote/names.js";
import { named } from "../settings.js";
import { vendorNames } from "../stand-ins/index.js";
import { startStandIn } from "../stand-ins/stand-in.js";

/** A stand-in that runs as long as a service is asked. */
export interface RunningStandIn {
  readonly url: string;
  /** Names its classifier, in results and as the key of its answers. */
  readonly identity: string;
  close(): Promise<void>;
}

/**
 * Starts the stand-in of a service on a free port of this machine.
 * @param file its classifier.
 * @throws UserError when there is no stand-in of the service, or the classifier cannot be opened.
 */
export async function runStandIn(service: ServiceName, file: string): Promise<RunningStandIn> {
  const vendor = vendorNames.find((name) => name === service);
  if (vendor === undefined)
    throw new UserError(
      `${named("standIn")} has no format of the service ${service}; it has ${vendorNames.join(", ")}`,
    );
  const { url, close } = await startStandIn({ vendor, judge: file });
  const hash = await sha256OfFile(file);
  return { url, close, identity: `stand-in of ${modelTitle(file)}, SHA-256 ${hash.slice(0, 16)}` };
}
