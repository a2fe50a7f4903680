import { createHash } from "node:crypto";
import PQueue from "p-queue";
import { UserError } from "../../errors.js";
import type { StudyDefinition } from "../definition.js";
import type { Session } from "../protocol.js";
import { type Behavior, SimulatedParticipant } from "./behavior.js";
import { StudyClient } from "./client.js";
import { trialReader } from "./seen-trial.js";

export interface SimulateOptions {
  readonly participants: number;
  readonly behavior: Behavior;
  readonly seed: number;
  /** The codes of a study that needs them. */
  readonly codes: readonly string[];
  readonly signal: AbortSignal;
  onProgress?(finished: number): void;
}

/** Participants that answer at the same time. */
const CONCURRENCY = 8;

/**
 * Lets simulated participants take part in a study by the messages of its pages. They join one after the other, so that the same
 * seed gives the same answers; rerun with the same seed, they continue.
 * @param url the address of the study's server.
 * @returns the number of answers that were stored for the first time.
 * @throws UserError when the study is not marked as simulated, the server has another study, or it refuses a request.
 */
export async function simulate(url: string, definition: StudyDefinition, options: SimulateOptions): Promise<number> {
  const { participants: count, behavior, seed, codes, signal, onProgress } = options;
  requireSimulated(definition);
  requireNames(definition, behavior);
  const client = new StudyClient(url, signal);
  const info = await client.info();
  if (info.id !== definition.id || !info.simulated)
    throw new UserError(`the server at ${url} has another study: ${info.title}`);
  if (info.needs_code && codes.length < count)
    throw new UserError(`there are ${codes.length} codes for ${count} simulated participants`);
  const read = trialReader(definition);
  const queue = new PQueue({ concurrency: CONCURRENCY });
  let [finished, stored] = [0, 0];
  const takePart = async (participant: SimulatedParticipant, session: Session) => {
    const answered = new Set(session.answered);
    for (const trial of session.trials)
      if (!answered.has(trial.trial)) {
        signal.throwIfAborted();
        const { first } = await client.answer(session.token, participant.answer(read(trial)));
        stored += Number(first);
      }
    if (!session.finished) await client.finish(session.token);
    onProgress?.(++finished);
  };
  const running: Promise<unknown>[] = [];
  for (let number = 0; number < count; number++) {
    signal.throwIfAborted();
    const code = codes[number];
    const key = keyOf(definition.id, seed, number);
    const session = await client.join({ consent: true, key, ...(info.needs_code && code !== undefined && { code }) });
    const participant = new SimulatedParticipant(definition, behavior, seed, number, count);
    running.push(queue.add(() => takePart(participant, session)));
  }
  await Promise.all(running);
  return stored;
}

/** The random key of a participant's page; here it follows from the seed. */
const keyOf = (study: string, seed: number, number: number): string =>
  createHash("sha256").update(`${study}:simulated:${seed}:${number}`).digest("hex").slice(0, 32);

function requireSimulated({ simulated, title }: StudyDefinition): void {
  if (!simulated)
    throw new UserError(
      `the study "${title}" is for people; simulated participants take part only in a study that was created as a simulated one`,
    );
}

/** @throws UserError when a preference or accuracy is of no system of the study. */
function requireNames({ systems }: StudyDefinition, { prefer, accuracy }: Behavior): void {
  const unknown = [...Object.keys(prefer), ...Object.keys(accuracy)].find((name) => !systems.includes(name));
  if (unknown !== undefined) throw new UserError(`the study has no system ${unknown}; it has ${systems.join(", ")}`);
}
