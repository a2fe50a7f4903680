import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { messageOf, UserError } from "../errors.js";
import { HttpError, httpErrorOf } from "../serving/http-error.js";
import { mediaTypeOf } from "../serving/media-types.js";
import { type Reach, requireOwnOrigin } from "../serving/own-origin.js";
import { addSecurityHeaders } from "../serving/security-headers.js";
import { addAdminRoutes } from "./admin-routes.js";
import type { StudyDefinition } from "./definition.js";

import { parseBody } from "./json-body.js";
import { addLimits } from "./limits.js";
import type { PageFile } from "./page-files.js";
import { addParticipantRoutes } from "./participant-routes.js";

import type { StudyStore } from "./store.js";
import { type Study, studyFiles } from "./study-folder.js";

export interface StudyServerOptions extends Reach {
  readonly study: Study;
  readonly store: StudyStore;
  /** The files of the pages, by address. */
  readonly pages: ReadonlyMap<string, PageFile>;
  readonly adminToken: string;
  /** Whether a proxy's header `X-Forwarded-For` gives the address that limits count. */
  readonly trustProxy: boolean;
  /** Whether nobody may join any more; participants who joined can continue. */
  readonly closed: boolean;
  /** Called with a failure of the server. It names no participant and no address. */
  onFailure(message: string): void;
}

/** Limits of the connection: bytes, and milliseconds. Participants send small messages; slower and larger ones are refused. */
const CONNECTION = {
  bodyLimit: 16 * 1024,
  requestTimeout: 10_000,
  keepAliveTimeout: 30_000,
  http: { headersTimeout: 8_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 8 * 1024 },
};
/** What a failure of the server means for a participant; it may pass. */
const NOT_STORED = new HttpError(503, "the answer could not be stored; try again", 5);
/** Connections at once; a browser opens up to 6. */
const CONNECTIONS = 4_000;

/**
 * A server of a study, which does not listen yet. See protocol.ts for its messages.
 * @throws UserError when an image of the study is missing.
 */
export async function studyServer(options: StudyServerOptions): Promise<FastifyInstance> {
  const { study, store, pages, adminToken, trustProxy, closed, onFailure } = options;
  await requireImages(study);
  const app = fastify({
    ...{ ...CONNECTION, trustProxy, forceCloseConnections: "idle" },
    clientErrorHandler(error, socket) {
      if (socket.writable) socket.end(refusalOf(error.code));
      else socket.destroy();
    },
    frameworkErrors: (error, _request, reply) => void send(reply, httpErrorOf(error, NOT_STORED)),
  });
  app.server.maxConnections = CONNECTIONS;
  app.setErrorHandler((error, _request, reply) => {
    const found = httpErrorOf(error, NOT_STORED);
    if (found.statusCode === 503) onFailure(messageOf(error));
    return send(reply, found);
  });
  app.setNotFoundHandler((_request, reply) => send(reply, new HttpError(404, "there is nothing at this address")));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request: unknown, body: Buffer) =>
    parseBody(body),
  );
  await addSecurityHeaders(app);
  const limits = await addLimits(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store");
    requireOwnOrigin(request, options);
    await limits.address(request);
  });
  addPages(app, pages);
  addImages(app, study);
  const routes = { definition: study.definition, store, limits, closed };
  addParticipantRoutes(app, routes);
  addAdminRoutes(app, routes, adminToken);
  return app;
}

function send(reply: FastifyReply, { statusCode, message, retryAfter }: HttpError) {
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  if (statusCode === 401) reply.header("www-authenticate", "Bearer");
  return reply
    .code(statusCode)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify({ error: message }));
}

/** The response to bytes that are no HTTP, or arrive too slowly. */
function refusalOf(code: string | undefined): string {
  const status = code === "HPE_HEADER_OVERFLOW" ? 431 : code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const { message } = httpErrorOf({ statusCode: status });
  const body = JSON.stringify({ error: message });
  return `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function addPages(app: FastifyInstance, pages: ReadonlyMap<string, PageFile>): void {
  for (const [address, { content, type }] of pages)
    app.get(address, async (_request, reply) => reply.header("cache-control", "no-cache").type(type).send(content));
}

/** The images that the definition names. Their names are random, so a browser may keep them. */
function addImages(app: FastifyInstance, { folder, definition }: Study): void {
  const names = new Set(imagesIn(definition));
  app.get<{ Params: { name: string } }>("/images/:name", async ({ params: { name } }, reply) => {
    if (!names.has(name)) throw new HttpError(404, "there is no such image");
    const content = await readFile(join(folder, studyFiles.images, name)).catch(() => {
      throw new HttpError(404, "there is no such image");
    });
    return reply.header("cache-control", "private, max-age=86400, immutable").type(mediaTypeOf(name)).send(content);
  });
}

/** @throws UserError when an image of the definition is missing. */
async function requireImages({ folder, definition }: Study): Promise<void> {
  const place = join(folder, studyFiles.images);
  const present = new Set(await readdir(place).catch(() => []));
  const missing = imagesIn(definition).find((name) => !present.has(name));
  if (missing !== undefined)
    throw new UserError(`cannot serve the study ${folder}: ${join(place, missing)} is missing`);
}

/** The names of all images of a study. */
const imagesIn = ({ items }: StudyDefinition): string[] =>
  items.flatMap((item) => (item.kind === "labels" ? [item.image] : Object.values(item.images)));
