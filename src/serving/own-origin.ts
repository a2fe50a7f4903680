import type { FastifyRequest } from "fastify";
import { HttpError } from "./http-error.js";

/** Names and addresses of the machine itself, with a port. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

export const isLoopback = (host: string): boolean => LOOPBACK.test(host.includes("::") ? `[${host}]` : host);

/** Where a server can be reached. */
export interface Reach {
  /** The address of the pages for visitors, `https://study.example.org`, if it is not that of the server itself. */
  readonly origin?: string;
  /** Whether the server is bound to the machine itself. */
  readonly loopback: boolean;
}

/**
 * Refuses requests that another site caused. Without this, a site could use a visitor's browser to reach the server; a name of
 * another site that leads to this machine (DNS rebinding) is refused by its `Host`.
 * @throws HttpError (400) for an address that is no path; (403) for a foreign Host, or a request that changes something and comes from another origin.
 */
export function requireOwnOrigin({ method, headers, raw }: FastifyRequest, { origin, loopback }: Reach): void {
  if (!raw.url?.startsWith("/")) throw new HttpError(400, "the request is not valid"); // "*", or an address for a proxy
  const host = headers.host ?? "";
  const own = origin === undefined ? undefined : new URL(origin).host;
  if (loopback && !LOOPBACK.test(host) && host !== own)
    throw new HttpError(403, "the host of the request is not this server's");
  if (method === "GET" || method === "HEAD") return;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") throw new HttpError(403, "the request comes from another site");
  const from = headers.origin;
  if (from === undefined || from === origin) return;
  if (from !== `http://${host}` && from !== `https://${host}`)
    throw new HttpError(403, "the request comes from another site");
}
