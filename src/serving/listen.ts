import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { messageOf, UserError } from "../errors.js";
import { named } from "../settings.js";

/** Starts to listen. @returns the address of the server, such as "http://127.0.0.1:8080". @throws UserError when the host or the port cannot be used. */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  await app.listen({ port, host }).catch((error) => {
    throw new UserError(`cannot listen on ${named("host")} ${host}, ${named("port")} ${port}: ${messageOf(error)}`);
  });
  const { port: bound } = app.server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
}

/** Milliseconds that running requests have to end when the server stops. */
const GRACE = 5_000;

/** Stops accepting requests and finishes the running ones. */
export async function stopServer(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), GRACE);
  await app.close();
  clearTimeout(timer);
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
