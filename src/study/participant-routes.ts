import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { HttpError } from "../serving/http-error.js";
import { type AssignedTrial, assignedTrials } from "./assignment.js";
import { codeHash, randomCode, randomToken, tokenHash, tokenIn, tokenOf } from "./codes.js";
import type { StudyDefinition } from "./definition.js";
import { validBody } from "./json-body.js";
import type { Limits } from "./limits.js";
import { Answer, type Finished, Joining, type Session, type Stored, type StudyInfo } from "./protocol.js";
import { capOf } from "./status.js";
import type { StoredParticipant, StudyStore } from "./store.js";
import { misfit, shownTrial } from "./trials.js";

/** What the routes of a study need. */
export interface StudyRoutes {
  readonly definition: StudyDefinition;
  readonly store: StudyStore;
  readonly limits: Limits;
  /** True: nobody may join any more. */
  readonly closed: boolean;
}

/** Participants whose trials are remembered. */
const REMEMBERED = 1000;

/** Adds the routes of participants: see protocol.ts. */
export function addParticipantRoutes(app: FastifyInstance, { definition, store, limits, closed }: StudyRoutes): void {
  const trialsOf = remembering((number) => assignedTrials(definition, number));

  /** The participant of a request. @throws HttpError (401) when the token is not one of the study. */
  const authenticated = async (request: FastifyRequest): Promise<{ token: string; participant: StoredParticipant }> => {
    const token = tokenIn(request.headers.authorization);
    const participant = token === undefined ? undefined : await store.participantOf(tokenHash(token));
    if (token === undefined || !participant) throw new HttpError(401, "the token is not one of this study");
    await limits.token(request);
    return { token, participant };
  };

  const sessionOf = (token: string, number: number, answered: number[], finished: boolean): Session => ({
    token,
    trials: trialsOf(number).map((trial) => shownTrial(trial, definition)),
    answered,
    finished,
  });

  const continued = async (token: string, { number, completion }: StoredParticipant): Promise<Session> =>
    sessionOf(token, number, await store.answeredBy(number), completion !== null);

  app.get("/api/study", async (): Promise<StudyInfo> => {
    const { id, title, kind, consent, trials, checks, access, simulated } = definition;
    const open = !closed && (await store.counts()).joined < capOf(definition);
    return { id, title, kind, consent, trials: trials + checks, needs_code: access.kind === "codes", open, simulated };
  });

  app.post("/api/participants", async (request, reply): Promise<Session> => {
    const { code, key } = validBody(Joining, request.body);
    const token = key === undefined ? randomToken() : tokenOf(definition.id, key);
    const known = await store.participantOf(tokenHash(token));
    if (known) return continued(token, known);
    if (closed) throw new HttpError(410, "the study is closed");
    await limits.codes(request);
    const hash = await acceptedCode(code, definition).catch(async (error) => {
      await limits.wrongCode(request);
      throw error;
    });
    const newcomer = { tokenHash: tokenHash(token), id: randomBytes(8).toString("hex"), joinedAt: now() };
    const joined = await store.join({ ...newcomer, ...(hash !== undefined && { code: hash }) }, capOf(definition));
    if ("number" in joined) {
      reply.code(201);
      return sessionOf(token, joined.number, await store.answeredBy(joined.number), false);
    }
    if (joined.refused === "full") throw new HttpError(409, "the study has all its participants");
    await limits.wrongCode(request);
    throw new HttpError(403, "the code was used already");
  });

  app.get("/api/session", async (request): Promise<Session> => {
    const { token, participant } = await authenticated(request);
    return continued(token, participant);
  });

  app.post("/api/answers", async (request): Promise<Stored> => {
    const { participant } = await authenticated(request);
    const answer = validBody(Answer, request.body);
    const assigned = trialsOf(participant.number)[answer.trial];
    if (!assigned) throw new HttpError(400, "the participant has no such trial");
    const problem = misfit(answer, assigned.item);
    if (problem !== undefined) throw new HttpError(400, problem);
    const { trial, choice = null, name = null, milliseconds, exposure = null, input, viewport } = answer;
    const [width, height] = viewport;
    return store.answer({
      ...{ participant: participant.number, trial, choice, name, milliseconds, exposure, input, width, height },
      answeredAt: now(),
    });
  });

  app.post("/api/finish", async (request): Promise<Finished> => {
    const { participant } = await authenticated(request);
    validBody(z.strictObject({}), request.body);
    const { number, completion } = participant;
    if (completion !== null) return { completion };
    const missing = definition.trials + definition.checks - (await store.answeredBy(number)).length;
    if (missing > 0)
      throw new HttpError(400, `${missing} of the trials ${missing === 1 ? "is" : "are"} not answered yet`);
    return { completion: await store.finish(number, randomCode(3), now()) };
  });
}

const now = (): string => new Date().toISOString();

/** The hash of a code; undefined: the study is open. @throws HttpError (403) when the study has no such code. */
async function acceptedCode(code: string | undefined, { id, access }: StudyDefinition): Promise<string | undefined> {
  if (access.kind === "open") return undefined;
  const hash = code === undefined ? undefined : codeHash(id, code);
  if (hash === undefined || !access.codes.includes(hash)) throw new HttpError(403, "the code is not one of this study");
  return hash;
}

/** A function that remembers its last results. */
function remembering(
  compute: (number: number) => readonly AssignedTrial[],
): (number: number) => readonly AssignedTrial[] {
  const known = new Map<number, readonly AssignedTrial[]>();
  return (number) => {
    const result = known.get(number) ?? compute(number);
    known.delete(number);
    known.set(number, result);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value as number);
    return result;
  };
}
