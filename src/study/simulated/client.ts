import ky, { HTTPError, type KyInstance } from "ky";
import type { z } from "zod";
import { messageOf, UserError } from "../../errors.js";
import { type Answer, ErrorBody, Finished, type Joining, Session, Stored, StudyInfo } from "../protocol.js";

/** A client of a study's server: one method per message of protocol.ts. Requests that fail for the moment are repeated. */
export class StudyClient {
  private readonly requests: KyInstance;

  /** @param url the address of the study. */
  constructor(url: string, signal: AbortSignal) {
    const retry = {
      limit: 4,
      backoffLimit: 1000,
      methods: ["get", "post"],
      statusCodes: [408, 429, 500, 502, 503, 504],
    };
    this.requests = ky.create({ prefixUrl: url, retry, signal, timeout: 30_000 });
  }

  info = (): Promise<StudyInfo> => this.receive(StudyInfo, this.requests.get("api/study"));

  join = (joining: Joining): Promise<Session> =>
    this.receive(Session, this.requests.post("api/participants", { json: joining }));

  answer = (token: string, answer: Answer): Promise<Stored> =>
    this.receive(Stored, this.requests.post("api/answers", { json: answer, headers: bearer(token) }));

  finish = (token: string): Promise<Finished> =>
    this.receive(Finished, this.requests.post("api/finish", { json: {}, headers: bearer(token) }));

  private async receive<T extends z.ZodType>(schema: T, response: Promise<Response>): Promise<z.output<T>> {
    try {
      return schema.parse(await (await response).json());
    } catch (error) {
      throw new UserError(`the study's server refused a request: ${await reasonOf(error)}`);
    }
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function reasonOf(error: unknown): Promise<string> {
  if (!(error instanceof HTTPError)) return messageOf(error);
  const { data } = ErrorBody.safeParse(await error.response.json().catch(() => undefined));
  return data?.error ?? `status ${error.response.status}`;
}
