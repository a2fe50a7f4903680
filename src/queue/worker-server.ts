import fastify, { type FastifyInstance } from "fastify";
import type { WorkerMetrics } from "./metrics.js";

/**
 * A server with what systems ask a worker, which does not listen yet: /metrics for Prometheus; /healthz, whether its process
 * answers; /readyz, whether it takes jobs.
 */
export function workerServer({ registry }: WorkerMetrics, isReady: () => boolean): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.get("/metrics", async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  app.get("/healthz", async () => "ok\n");
  app.get("/readyz", async (_, reply) => (isReady() ? "ok\n" : reply.code(503).send("the queue is not connected\n")));
  return app;
}
