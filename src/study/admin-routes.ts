import { timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpError } from "../serving/http-error.js";
import { answersCsv } from "./answers-csv.js";
import { tokenHash, tokenIn } from "./codes.js";
import type { StudyRoutes } from "./participant-routes.js";
import { answersIn } from "./rows.js";
import { statusOf } from "./status.js";

/** Adds the routes of the admin, which need the token of the file `admin-token`. */
export function addAdminRoutes(app: FastifyInstance, { definition, store }: StudyRoutes, adminToken: string): void {
  const requireAdmin = (request: FastifyRequest): void => {
    const token = tokenIn(request.headers.authorization) ?? "";
    if (timingSafeEqual(Buffer.from(tokenHash(token)), Buffer.from(tokenHash(adminToken)))) return;
    throw new HttpError(401, "the token is not that of the admin");
  };
  app.get("/api/admin/status", async (request) => {
    requireAdmin(request);
    return statusOf(definition, await store.counts());
  });
  app.get("/api/admin/answers.csv", async (request, reply) => {
    requireAdmin(request);
    const { answers } = await answersIn(store, definition);
    reply.type("text/csv; charset=utf-8").header("content-disposition", 'attachment; filename="answers.csv"');
    return answersCsv(answers, definition);
  });
}
