/// <reference lib="dom" />
import type { Answer, ErrorBody, Finished, Joining, Session, Stored, StudyInfo } from "../protocol.js";
import { retrying, TemporaryFailure, type TroubleDisplay } from "./retrying.js";

/** A request that the server refuses for good. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** After this time, in milliseconds, a request without a response is repeated. The server accepts repeated requests. */
const TIMEOUT = 20_000;

/** The requests of protocol.ts. Each is repeated until the server answers; one that it refuses throws a `Refusal`. */
export class StudyClient {
  constructor(private readonly trouble: TroubleDisplay) {}

  info(): Promise<StudyInfo> {
    return this.#request("GET", "/api/study");
  }

  join(joining: Joining): Promise<Session> {
    return this.#request("POST", "/api/participants", joining);
  }

  session(token: string): Promise<Session> {
    return this.#request("GET", "/api/session", undefined, token);
  }

  store(answer: Answer, token: string): Promise<Stored> {
    return this.#request("POST", "/api/answers", answer, token);
  }

  finish(token: string): Promise<Finished> {
    return this.#request("POST", "/api/finish", {}, token);
  }

  #request<Body>(method: string, path: string, body?: object, token?: string): Promise<Body> {
    const headers = {
      ...(body && { "Content-Type": "application/json" }),
      ...(token && { Authorization: `Bearer ${token}` }),
    };
    const init = {
      method,
      headers,
      cache: "no-store",
      credentials: "omit",
      ...(body && { body: JSON.stringify(body) }),
    };
    return retrying(() => attempt<Body>(path, init as RequestInit), this.trouble);
  }
}

async function attempt<Body>(path: string, init: RequestInit): Promise<Body> {
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(TIMEOUT) }).catch(() => {
    throw new TemporaryFailure("offline");
  });
  const seconds = Number(response.headers.get("Retry-After")) || 0;
  if (response.status === 429 || response.status === 503) throw new TemporaryFailure("busy", seconds);
  if (response.status >= 500) throw new TemporaryFailure("offline");
  const text = await response.text().catch(() => {
    throw new TemporaryFailure("offline");
  });
  if (response.ok) return JSON.parse(text) as Body;
  throw new Refusal(response.status, messageOf(text) ?? `status ${response.status}.`);
}

/** The sentence in the body of an error. */
function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as ErrorBody).error;
  } catch {
    return undefined;
  }
}
