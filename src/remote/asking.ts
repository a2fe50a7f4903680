import { createHash } from "node:crypto";
import { keyOf } from "../jobs/job.js";
import type { Label, LabelsPrediction, Unjudged } from "../recognition/judge.js";
import { Budget, type BudgetLimits } from "./budget.js";
import { AnswerCache, type AnswerKey } from "./cache.js";
import { MalformedAnswer, RefusedImage, refusedReason } from "./faults.js";
import { jsonOf } from "./received.js";
import type { SentImage, Service } from "./service.js";
import { Transport, type TransportOptions } from "./transport.js";

/** How a service is asked. */
export interface AskingOptions extends TransportOptions, BudgetLimits {
  /** The file of its answers: SQLite, shared by any number of runs. */
  readonly cache: string;
  /** US dollars for a request, instead of the service's list price. */
  readonly price?: number;
}

/** Requests sent in a run, and their estimated cost in US dollars. */
export type Spent = Pick<Budget, "requests" | "cost">;

/** Gets the labels of images from a service. */
export interface Asker {
  readonly spent: Spent;
  /**
   * The labels of an image, from the cache or from the service.
   * @throws StoppedRun when no further image can be asked for; the signal's reason when it aborts.
   */
  answerOf(image: SentImage): Promise<LabelsPrediction | Unjudged>;
  /** Completes the requests under way and closes the cache. */
  close(): Promise<void>;
}

/** Everything besides the image that decides a service's answer, and its hash. */
export function settingOf({ name, url, identity, settings }: Service): {
  readonly setting: string;
  readonly description: object;
} {
  const description = { service: name, url: identity ?? `${url.origin}${url.pathname}${url.search}`, settings };
  return { setting: keyOf(description), description };
}

/** Milliseconds between looks at an image that another process asks for. */
const LOOK_EVERY = 100;

/** Looks up answers, and asks for those that are missing. Equal images share an answer. */
export class Asking implements Asker {
  readonly spent: Budget;
  private readonly setting: string;
  private readonly cache: AnswerCache;
  private readonly transport: Transport;
  private readonly signal: AbortSignal | undefined;
  /** The images of this run, by the key of their answer. */
  private readonly answers = new Map<string, Promise<LabelsPrediction | Unjudged>>();

  /** @throws UserError when the cache cannot be opened. */
  constructor(
    private readonly service: Service,
    options: AskingOptions,
  ) {
    const { setting, description } = settingOf(service);
    this.setting = setting;
    this.cache = new AnswerCache(options.cache);
    this.cache.describe(setting, description);
    this.spent = new Budget(options, options.price ?? service.price.perImage);
    this.transport = new Transport(service, this.spent, this.cache, options);
    this.signal = options.signal;
  }

  answerOf(image: SentImage): Promise<LabelsPrediction | Unjudged> {
    const sha256 = createHash("sha256").update(image.bytes).digest("hex");
    const key = { key: keyOf({ setting: this.setting, sha256 }), setting: this.setting, image: sha256 };
    const found = this.answers.get(key.key) ?? this.found(key, image);
    this.answers.set(key.key, found);
    return found;
  }

  async close(): Promise<void> {
    await this.transport.idle();
    await Promise.allSettled(this.answers.values());
    this.cache.close();
  }

  private async found(key: AnswerKey, image: SentImage): Promise<LabelsPrediction | Unjudged> {
    const unfit = unfitReason(image, this.service);
    if (unfit !== undefined) return { kind: "unjudged", reason: unfit };
    for (;;) {
      const kept = this.kept(key);
      if (kept) return kept;
      this.signal?.throwIfAborted();
      if (this.cache.claim(key)) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
    try {
      // The process that had claimed it may have stored the answer just before.
      return this.kept(key) ?? predictionOf(await this.transport.ask(key, image));
    } finally {
      this.cache.release(key);
    }
  }

  /** What the cache has. An answer that cannot be read any more is asked for again. */
  private kept(key: AnswerKey): LabelsPrediction | Unjudged | undefined {
    const answer = this.cache.answer(key);
    try {
      return answer && predictionOf(this.service.labels(jsonOf(answer)));
    } catch (error) {
      if (error instanceof RefusedImage) return { kind: "unjudged", reason: refusedReason(this.service.name, error) };
      if (error instanceof MalformedAnswer) return undefined;
      throw error;
    }
  }
}

const predictionOf = (found: readonly Label[] | string): LabelsPrediction | Unjudged =>
  typeof found === "string" ? { kind: "unjudged", reason: found } : { kind: "labels", labels: found };

/** Why an image is not sent; undefined: it is. */
function unfitReason({ bytes, width, height }: SentImage, { name, limits }: Service): string | undefined {
  if (Math.min(width, height) < limits.side)
    return `${width}x${height} pixels; ${name} takes images of ${limits.side} pixels or more a side`;
  if (bytes.length > limits.bytes)
    return `${(bytes.length / 1e6).toFixed(1)} MB as it is sent; ${name} takes at most ${limits.bytes / 1e6} MB`;
  return undefined;
}
