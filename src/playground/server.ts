import compress from "@fastify/compress";
import etag from "@fastify/etag";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { messageOf } from "../errors.js";
import { HttpError, httpErrorOf } from "../serving/http-error.js";
import { type Reach, requireOwnOrigin } from "../serving/own-origin.js";
import { addSecurityHeaders } from "../serving/security-headers.js";
import type { Site } from "./site.js";

export interface PlaygroundServerOptions extends Reach {
  readonly site: Site;
  /** Called with a failure of the server. */
  onFailure(message: string): void;
}

/**
 * A server of the playground's files, which does not listen yet. It has no other routes: images and models that a visitor drops
 * never leave the browser. Files are compressed; browsers ask whether they changed.
 */
export async function playgroundServer({
  site,
  onFailure,
  ...reach
}: PlaygroundServerOptions): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: "idle" });
  app.setErrorHandler((error, _request, reply) => {
    const found = httpErrorOf(error);
    if (found.statusCode === 500) onFailure(messageOf(error));
    return reply.code(found.statusCode).type("text/plain; charset=utf-8").send(found.message);
  });
  app.setNotFoundHandler(() => {
    throw new HttpError(404, "there is nothing at this address");
  });
  await addSecurityHeaders(app, { wasm: true, isolated: true });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-cache");
    requireOwnOrigin(request, reach);
  });
  await app.register(etag);
  await app.register(compress);
  for (const [address, { type, read }] of site) {
    const handler = async (_: unknown, reply: FastifyReply) => reply.type(type).send(await read());
    app.get(`/${address}`, handler);
    if (address === "index.html") app.get("/", handler);
  }
  return app;
}
