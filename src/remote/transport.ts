import { setMaxListeners } from "node:events";
import ky, { HTTPError } from "ky";
import PQueue from "p-queue";
import { messageOf, UserError } from "../errors.js";
import type { Label } from "../recognition/judge.js";
import type { Budget } from "./budget.js";
import type { AnswerCache, AnswerKey, RawAnswer } from "./cache.js";
import { BusyService, inBrackets, MalformedAnswer, RefusedImage, refusedReason } from "./faults.js";
import { jsonOf, parsedOrUndefined, readAnswer, retryAfter } from "./received.js";
import { stopSentence } from "./sentences.js";
import type { SentImage, Service } from "./service.js";

/** How requests are sent. */
export interface TransportOptions {
  /** Requests at a time. Default: 4. */
  readonly concurrency?: number;
  /** Requests in a second, at most. Default: no limit. */
  readonly rate?: number;
  /** Attempts after the first. Default: 6. */
  readonly retries?: number;
  /** Milliseconds until an attempt counts as failed. Default: 60 000. */
  readonly timeout?: number;
  /** Milliseconds before the first retry, on average half of it; doubled for each further one. Default: 500. */
  readonly backoff?: number;
  /** Aborts the run: requests under way are completed and stored, no other is sent. */
  readonly signal?: AbortSignal;
}

/** Attempts after the first of a service that cannot be reached. */
const UNREACHABLE_RETRIES = 3;

/** Milliseconds of the longest pause between attempts, and seconds of the longest `Retry-After` that is waited for. */
const [LONGEST_BACKOFF, LONGEST_WAIT] = [30_000, 300];

/** Milliseconds between looks at the time before which the service wants no request. */
const LOOK_EVERY = 50;

/**
 * Images without an answer one after the other, after which the run ends, and refused images without a single answer: no further
 * one would succeed.
 */
const [FAILURES, REFUSALS] = [6, 12];

/** The service cannot be reached: nothing was sent. */
class Unreachable extends Error {}

/**
 * Asks a service with retries, a limit of requests at a time and in a second, and a budget. Each attempt is recorded before it is
 * sent, and its answer is stored before it is used.
 */
export class Transport {
  /** One request at a time until the first is answered, so that a wrong key is sent once. */
  private readonly queue: PQueue;
  private readonly stopping = new AbortController();
  private readonly signal: AbortSignal;
  /** Images without an answer since the last one that was answered. */
  private failures = 0;
  /** Refused images; null: another one was answered. */
  private refusals: number | null = 0;
  /** No request is sent before this time, in milliseconds since 1970: a service asked to wait. */
  private notBefore = 0;

  constructor(
    private readonly service: Service,
    private readonly budget: Budget,
    private readonly cache: AnswerCache,
    private readonly options: TransportOptions = {},
  ) {
    const { rate, signal } = options;
    this.queue = new PQueue({ concurrency: 1, ...(rate && { interval: 1000 / rate, intervalCap: 1, strict: true }) });
    this.signal = signal ? AbortSignal.any([signal, this.stopping.signal]) : this.stopping.signal;
    setMaxListeners(0, this.signal); // each image that waits for a retry listens to it
  }

  /**
   * Asks for the labels of an image.
   * @returns the labels; a text: why the image has none.
   * @throws StoppedRun when no further image can be asked for; the signal's reason when it aborts.
   */
  async ask(key: AnswerKey, image: SentImage): Promise<readonly Label[] | string> {
    try {
      const labels = await this.retried(key, image);
      this.failures = 0;
      this.refusals = null;
      this.queue.concurrency = this.options.concurrency ?? 4;
      return labels;
    } catch (error) {
      this.signal.throwIfAborted();
      if (error instanceof RefusedImage) return this.refused(error);
      if (error instanceof Unreachable) throw this.stop(stopSentence.unreachable(this.service, error.message));
      if (error instanceof UserError) throw this.stop(error);
      const reason = error instanceof HTTPError ? causeOf(error) : messageOf(error);
      const attempts = (this.options.retries ?? 6) + 1;
      return this.failed(`${this.service.name} gave no answer in ${attempts} attempts${inBrackets(reason)}`);
    }
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    return this.queue.onIdle();
  }

  /** Counts a refused image. @throws StoppedRun when all are refused. */
  private refused(error: RefusedImage): string {
    const reason = refusedReason(this.service.name, error);
    if (this.refusals !== null && ++this.refusals >= REFUSALS)
      throw this.stop(stopSentence.failures(this.service, REFUSALS, reason));
    return reason;
  }

  /** Counts an image without an answer. @throws StoppedRun when too many follow one another. */
  private failed(reason: string): string {
    this.failures++;
    if (this.failures >= FAILURES) throw this.stop(stopSentence.failures(this.service, FAILURES, reason));
    return reason;
  }

  /** Ends the run for all images. @returns the first reason to stop. */
  private stop(reason: UserError): unknown {
    this.stopping.abort(reason);
    return this.signal.reason;
  }

  /** Ky decides on retries; each attempt waits for its turn in the queue. */
  private async retried(key: AnswerKey, image: SentImage): Promise<readonly Label[]> {
    const { retries = 6, backoff = 500 } = this.options;
    let labels: readonly Label[] = [];
    await ky(this.service.url, {
      ...{ method: "post", timeout: false, signal: this.signal },
      retry: {
        ...{ limit: retries, methods: ["post"], statusCodes: [503], afterStatusCodes: [503] },
        ...{ delay: (attempt) => backoff * 2 ** (attempt - 1), jitter: true, backoffLimit: LONGEST_BACKOFF },
        shouldRetry: ({ error, retryCount }) => {
          const isFinal = error instanceof UserError || error instanceof RefusedImage || this.signal.aborted;
          return isFinal || (error instanceof Unreachable && retryCount > UNREACHABLE_RETRIES) ? false : undefined;
        },
      },
      fetch: async () => {
        const found = await this.queue.add(() => this.attempt(key, image));
        if (found instanceof Response) return found;
        labels = found ?? [];
        return new Response(null, { status: 204 });
      },
    });
    return labels;
  }

  /** One request, which ends the run before the queue starts another one if no other can succeed. */
  private async attempt(key: AnswerKey, image: SentImage): Promise<readonly Label[] | Response> {
    try {
      return await this.exchange(key, image);
    } catch (error) {
      if (error instanceof UserError && !this.signal.aborted) this.stop(error);
      throw error;
    }
  }

  /** @returns the labels, or what tells ky to wait before a retry. */
  private async exchange(key: AnswerKey, image: SentImage): Promise<readonly Label[] | Response> {
    this.signal.throwIfAborted();
    const { method = "POST", headers, body } = await this.service.request(image);
    this.budget.take();
    const id = this.stored(() => this.cache.sent(key));
    let answer: RawAnswer | undefined;
    try {
      const response = await fetch(this.service.url, {
        ...{ method, headers: { ...headers }, body, redirect: "manual" },
        signal: AbortSignal.timeout(this.options.timeout ?? 60_000),
      });
      answer = await readAnswer(response, this.service.keys);
      const labels = this.read(answer, response);
      this.stored(() => this.cache.received(id, "answered", answer));
      return labels;
    } catch (error) {
      // An answer that says that the image cannot be processed is an answer: it is not asked for again.
      const isAnswer = error instanceof RefusedImage && answer?.status === 200;
      this.stored(() => this.cache.received(id, isAnswer ? "answered" : "failed", answer));
      const failure = this.failureOf(error);
      if (failure instanceof Unreachable || (answer && answer.status >= 400 && answer.status < 500))
        this.budget.refund();
      if (failure instanceof BusyService && answer) return this.pause(failure, answer);
      throw failure;
    }
  }

  /** Writes to the cache. A write that fails ends the run: otherwise the next requests would be paid for and lost. */
  private stored<Result>(write: () => Result): Result {
    try {
      return write();
    } catch (error) {
      throw stopSentence.unstored(this.service, this.cache.path, messageOf(error));
    }
  }

  /** Starts no request for some seconds. The queue itself pauses: afterwards, requests start at its rate, not all at once. */
  private hold(seconds: number): void {
    this.notBefore = Math.max(this.notBefore, Date.now() + 1000 * seconds);
    if (this.queue.isPaused || this.signal.aborted) return;
    this.queue.pause();
    const look = setInterval(() => {
      if (Date.now() < this.notBefore && !this.signal.aborted) return;
      clearInterval(look);
      this.queue.start();
    }, LOOK_EVERY);
  }

  /** Tells ky to retry, after the time that the service asks for. @throws StoppedRun when that is too long. */
  private pause({ message }: BusyService, answer: RawAnswer): Response {
    const seconds = retryAfter(answer);
    if (seconds !== undefined && seconds > LONGEST_WAIT) throw stopSentence.wait(this.service, seconds, message);
    if (seconds !== undefined) this.hold(seconds);
    return new Response(null, {
      ...{ status: 503, statusText: message.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, "?") },
      // After 0 seconds or a time in the past, the ordinary random pause keeps the attempts apart.
      ...(seconds && { headers: { "retry-after": String(seconds) } }),
    });
  }

  /** The labels in an answer. @throws an error that says whether another attempt, image or run can succeed. */
  private read(answer: RawAnswer, response: Response): readonly Label[] {
    const { service } = this;
    const { status, body } = answer;
    if (status >= 300 && status < 400)
      throw stopSentence.redirect(service, service.keys.scrub(response.headers.get("location") ?? ""));
    if (status === 200) return service.labels(jsonOf(answer));
    if (status < 300) throw new MalformedAnswer(`its answer has the status ${status}`);
    const json = parsedOrUndefined(body);
    const { kind, reason } = service.refusal(status, json);
    const refusal = { kind, reason: reason || `HTTP status ${status}` };
    if (refusal.kind === "busy") throw new BusyService(refusal.reason);
    if (refusal.kind === "image") throw new RefusedImage(refusal.reason);
    throw stopSentence[refusal.kind](service, refusal.reason);
  }

  /** Connections that were never made are told from those that were lost. */
  private failureOf(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    if (error.name === "TimeoutError") return new Error("it does not answer in time");
    const { cause } = error;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (UNREACHABLE.test(code)) return new Unreachable(reasons[code] ?? code);
    if (CERTIFICATE.test(code)) return stopSentence.unreachable(this.service, `its certificate is not valid: ${code}`);
    // The ports that `fetch` connects to none of: https://fetch.spec.whatwg.org/#port-blocking.
    if (cause instanceof Error && cause.message === "bad port")
      return stopSentence.unreachable(this.service, `port ${this.service.url.port} is none of HTTP`);
    return error instanceof TypeError
      ? new Error(code === "" ? "the connection failed" : `the connection was lost: ${code}`)
      : error;
  }
}

const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
const CERTIFICATE = /CERT|SIGNATURE|ERR_TLS/;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection is refused",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name cannot be looked up",
};

/** The service's message in the response that `pause` made. */
const causeOf = ({ response }: HTTPError): string => response.statusText;
