import { z } from "zod";
import { Choice, ImageName, StudyKind } from "./definition.js";

/*
 * The messages between the study's page and its server. No message names a system: sides are `left` and `right`.
 *
 *   GET  /                        the page; GET /page.js, /page.css, /images/NAME
 *   GET  /api/study               StudyInfo
 *   POST /api/participants        Joining -> Session (201); the page keeps `token` on the device
 *   GET  /api/session             Session (200), with `Authorization: Bearer TOKEN`: to resume
 *   POST /api/answers             Answer -> Stored (200), with the token
 *   POST /api/finish              {} -> Finished (200), with the token
 *   GET  /admin                   the page of the admin, whose token is behind "#" of its address
 *   GET  /api/admin/status        StudyStatus, with `Authorization: Bearer ADMIN-TOKEN`
 *   GET  /api/admin/answers.csv   the answers, likewise
 *
 * A POST needs `Content-Type: application/json` and, if the browser sends `Origin` or `Sec-Fetch-Site`, that of the server itself.
 * Tokens are sent in a header and never in a cookie, so no other site can send them. An error has a status of 400 or more and the body
 * ErrorBody. There are: 400 not valid, 401 no such token, 403 of another origin or code not valid or used, 404, 409 cap reached,
 * 410 study closed, 413 too large, 415 no JSON, 429 too many requests (with Retry-After), 503 (with Retry-After).
 */

export const StudyInfo = z.object({
  id: z.string(),
  title: z.string(),
  kind: StudyKind,
  consent: z.string(),
  /** All trials of a participant, checks included. */
  trials: z.number().int(),
  needs_code: z.boolean(),
  /** False: the cap is reached or the study is closed; participants who joined can continue. */
  open: z.boolean(),
  simulated: z.boolean(),
});
export type StudyInfo = z.output<typeof StudyInfo>;

export const Joining = z.strictObject({
  code: z.string().max(64).exactOptional(),
  consent: z.literal(true),
  /** Random, chosen by the page: joining again with the same key, after a response that was lost, continues as the same participant. */
  key: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .exactOptional(),
});
export type Joining = z.output<typeof Joining>;

const trialBase = { trial: z.number().int().min(0) };

/** One trial as the page shows it. An attention check looks like any other. */
export const Trial = z.discriminatedUnion("kind", [
  z.object({
    ...trialBase,
    kind: z.literal("labels"),
    image: ImageName,
    left: z.array(z.string()),
    right: z.array(z.string()),
  }),
  z.object({ ...trialBase, kind: z.literal("quality"), left: ImageName, right: ImageName }),
  z.object({
    ...trialBase,
    kind: z.literal("naming"),
    image: ImageName,
    exposure: z.number(),
    choices: z.array(z.string()).exactOptional(),
  }),
]);
export type Trial = z.output<typeof Trial>;

/** What a participant gets: all trials, and which are answered. */
export const Session = z.object({
  token: z.string(),
  trials: z.array(Trial),
  answered: z.array(z.number().int()),
  finished: z.boolean(),
});
export type Session = z.output<typeof Session>;

/** An answer: a side of a pair, or a name. The first answer of a trial counts; the same or another one later changes nothing. */
export const Answer = z.strictObject({
  trial: z.number().int().min(0).max(10_000),
  choice: Choice.exactOptional(),
  name: z.string().trim().min(1).max(200).exactOptional(),
  /** From the display of the trial to the answer. */
  milliseconds: z.number().min(0).max(86_400_000),
  /** Of `naming`: milliseconds for which the image was visible, measured between two frames. */
  exposure: z.number().min(0).max(86_400_000).exactOptional(),
  /** How the answer was given. */
  input: z.enum(["keyboard", "pointer", "touch"]),
  /** Width and height of the page in CSS pixels. */
  viewport: z.tuple([z.number().int().min(0).max(100_000), z.number().int().min(0).max(100_000)]),
});
export type Answer = z.output<typeof Answer>;

export const Stored = z.object({
  /** False: the trial was answered before, and that answer was kept. */
  first: z.boolean(),
  /** Trials that are answered now. */
  answered: z.number().int(),
});
export type Stored = z.output<typeof Stored>;

export const Finished = z.object({
  /** A code that shows that a participant completed the study. */
  completion: z.string(),
});
export type Finished = z.output<typeof Finished>;

export const ErrorBody = z.object({ error: z.string() });
export type ErrorBody = z.output<typeof ErrorBody>;

/** Counts of a running study. */
export const StudyStatus = z.object({
  title: z.string(),
  simulated: z.boolean(),
  joined: z.number().int(),
  completed: z.number().int(),
  /** Participants who may still join. */
  free: z.number().int(),
  answers: z.number().int(),
  /** When the last answer was stored; null: none. */
  last_answer: z.iso.datetime().nullable(),
});
export type StudyStatus = z.output<typeof StudyStatus>;
