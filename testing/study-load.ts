import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Session } from "../src/study/protocol.js";
import { ended } from "./ended.js";
import { freePort } from "./free-port.js";

const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));

/** `legible study serve` in a process that can be killed and started again on the same port. */
export class ServeProcess {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly args: readonly string[],
    readonly url: string,
  ) {}

  static async on(folder: string, ...more: readonly string[]): Promise<ServeProcess> {
    const port = await freePort();
    return new ServeProcess(
      [main, "study", "serve", folder, "--port", String(port), ...more],
      `http://127.0.0.1:${port}`,
    );
  }

  /** Resolves when the server accepts requests. @throws Error with its messages when it ends before. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, this.args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    let text = "";
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        text += chunk;
        if (text.includes("admin: ")) resolve();
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("exit", () => reject(new Error(`the server ended: ${text}`)));
    });
  }

  /** Sends a signal and resolves with the exit code when the process has ended. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    return this.child ? ended(this.child, signal) : null;
  }
}

/** An answer that the server acknowledged. */
export interface Acknowledged {
  readonly token: string;
  readonly trial: number;
  readonly choice: string;
  readonly milliseconds: number;
}

/** What clients did. */
export interface LoadRecord {
  readonly acknowledged: Acknowledged[];
  /** Milliseconds from the request of an answer to its response, of requests that succeeded at once. */
  readonly latencies: number[];
  /** Keys with which clients joined: one participant each. */
  readonly keys: Set<string>;
  /** Responses other than 200, 201, 429 and 503, and acknowledgments that contradict each other. */
  readonly faults: string[];
}

/** Participants at work. */
export interface Load {
  /** What they did so far. */
  readonly record: LoadRecord;
  /** Resolves when each of them has joined once. */
  readonly joined: Promise<void>;
  /** Resolves when all have stopped. */
  readonly ended: Promise<void>;
}

/**
 * Participants who answer one trial after another until the signal aborts; who has answered all joins again as another participant.
 * Requests without a response are sent again, as the page does.
 * @param pause the mean of the milliseconds between two answers of a participant.
 */
export function participate(url: string, clients: number, signal: AbortSignal, pause = 0): Load {
  const record: LoadRecord = { acknowledged: [], latencies: [], keys: new Set(), faults: [] };
  const joins: Promise<unknown>[] = [];
  const client = async (first: Promise<Session | undefined>) => {
    for (let session = await first; !signal.aborted; session = await join(url, record, signal))
      if (session) await answerAll(url, session, record, signal, pause);
  };
  const ended = Promise.all(
    Array.from({ length: clients }, () => {
      const first = join(url, record, signal);
      joins.push(first);
      return client(first);
    }),
  );
  return { record, joined: Promise.all(joins).then(() => {}), ended: ended.then(() => {}) };
}

async function join(url: string, record: LoadRecord, signal: AbortSignal): Promise<Session | undefined> {
  const key = randomBytes(16).toString("hex");
  record.keys.add(key);
  const response = await persist(`${url}/api/participants`, { consent: true, key }, {}, record, signal);
  return response?.body as Session | undefined;
}

async function answerAll(url: string, session: Session, record: LoadRecord, signal: AbortSignal, pause: number) {
  const headers = { authorization: `Bearer ${session.token}` };
  for (const { trial } of session.trials) {
    if (signal.aborted) return;
    const choice = ["left", "right", "tie"][Math.floor(Math.random() * 3)] as string;
    const milliseconds = Math.floor(Math.random() * 1e6);
    const answer = { trial, choice, milliseconds, input: "keyboard", viewport: [800, 600] };
    const response = await persist(`${url}/api/answers`, answer, headers, record, signal);
    if (!response) return;
    const { first } = response.body as { first: boolean };
    if (response.attempts === 1) record.latencies.push(response.milliseconds);
    if (response.attempts === 1 && !first) record.faults.push(`trial ${trial} was answered before`);
    record.acknowledged.push({ token: session.token, trial, choice, milliseconds });
    if (pause > 0) await setTimeout(pause * 2 * Math.random());
  }
}

/** Sends a request until it has a response of the server, or the signal aborts. */
async function persist(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>>,
  record: LoadRecord,
  signal: AbortSignal,
): Promise<{ body: unknown; attempts: number; milliseconds: number } | undefined> {
  for (let attempts = 1; !signal.aborted; attempts++) {
    const start = performance.now();
    try {
      const response = await fetch(url, {
        ...{ method: "POST", body: JSON.stringify(body) },
        headers: { "content-type": "application/json", ...headers },
      });
      const text = await response.text();
      if (response.ok) return { body: JSON.parse(text), attempts, milliseconds: performance.now() - start };
      if (response.status !== 429 && response.status !== 503) record.faults.push(`${response.status} ${text}`);
    } catch {
      // The server was killed; the answer may be stored or not.
    }
    await setTimeout(50 + Math.random() * 100);
  }
  return undefined;
}
