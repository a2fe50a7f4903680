import type { Choice } from "./definition.js";

/** A participant as the database holds it: no code, no address, no browser. */
export interface StoredParticipant {
  /** The position in the order of joining, from 0; it decides the trials. */
  readonly number: number;
  /** A random identifier for exports. */
  readonly id: string;
  /** ISO 8601, as all times here. */
  readonly joinedAt: string;
  readonly finishedAt: string | null;
  /** The code of completion; null: not finished. */
  readonly completion: string | null;
}

/** An answer as the database holds it. */
export interface StoredAnswer {
  /** The number of the participant. */
  readonly participant: number;
  readonly trial: number;
  readonly choice: Choice | null;
  readonly name: string | null;
  readonly milliseconds: number;
  readonly exposure: number | null;
  readonly input: "keyboard" | "pointer" | "touch";
  readonly width: number;
  readonly height: number;
  readonly answeredAt: string;
}

/** A person who wants to join. */
export interface Newcomer {
  /** SHA-256 of the token, hexadecimal. The token itself is never stored. */
  readonly tokenHash: string;
  readonly id: string;
  /** The hash of the code that is used up; absent: the study is open. */
  readonly code?: string;
  readonly joinedAt: string;
}

/** The result of joining: the participant's number, or why there is none. */
export type Joined = { readonly number: number } | { readonly refused: "full" | "used" };

/** Counts of a study. */
export interface StudyCounts {
  readonly joined: number;
  readonly completed: number;
  readonly answers: number;
  readonly lastAnswer: string | null;
}

/** Where the answers of one study are kept. What a method has returned is on the disk. Any method may throw when the storage fails. */
export interface StudyStore {
  /**
   * Takes the next participant number, and the code. Both happen or neither, whatever else happens at the same time. The same token
   * again gives the same number again.
   * @param cap the largest number of participants.
   */
  join(newcomer: Newcomer, cap: number): Promise<Joined>;
  /** The participant of a token; undefined: there is none. */
  participantOf(tokenHash: string): Promise<StoredParticipant | undefined>;
  /** The trials that a participant has answered, ascending. */
  answeredBy(participant: number): Promise<number[]>;
  /**
   * Stores an answer unless the trial has one.
   * @returns whether this answer is the first, and how many trials are answered now.
   */
  answer(answer: StoredAnswer): Promise<{ readonly first: boolean; readonly answered: number }>;
  /** Notes that a participant has finished, once. @returns the code of completion: the one given first. */
  finish(participant: number, completion: string, at: string): Promise<string>;
  counts(): Promise<StudyCounts>;
  /** All participants by number. */
  participants(): Promise<StoredParticipant[]>;
  /** All answers by participant and trial. */
  answers(): Promise<StoredAnswer[]>;
  close(): Promise<void>;
}
