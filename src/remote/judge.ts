import { createHash } from "node:crypto";
import sharp from "sharp";
import type { Image } from "../images/image.js";
import { keyOf } from "../jobs/job.js";
import type { Judge, Label, LabelsPrediction, Unjudged } from "../recognition/judge.js";
import { Budget, type BudgetLimits } from "./budget.js";
import { AnswerCache, type AnswerKey } from "./cache.js";
import { MalformedAnswer, RefusedImage } from "./faults.js";
import { jsonOf } from "./received.js";
import type { SentImage, Service } from "./service.js";
import { Transport, type TransportOptions } from "./transport.js";

/** How a service judges. */
export interface ServiceJudgeOptions extends TransportOptions, BudgetLimits {
  /** The file of its answers: SQLite, shared by any number of runs. */
  readonly cache: string;
  /** The format of the images that are sent. JPEG has quality 95 without chroma subsampling. Default: png. */
  readonly send?: "png" | "jpeg";
  /** Its name in tables. Default: that of the service. */
  readonly name?: string;
  /** US dollars for a request, instead of the service's list price. */
  readonly price?: number;
}

/** A labeling service as a judge. */
export interface ServiceJudge extends Judge<LabelsPrediction> {
  readonly settings: object;
  /** Requests sent in this run, and their estimated cost in US dollars. */
  readonly spent: Pick<Budget, "requests" | "cost">;
  /** Images with an answer in the cache. */
  cached(): number;
  /** Requests of earlier runs that ended before the answer was stored. */
  lost(): number;
  /** Closes the cache. */
  release(): Promise<void>;
}

/** Milliseconds between looks at an image that another process asks for. */
const LOOK_EVERY = 100;

/**
 * A service as a judge. Each image is sent once: equal images share an answer, and answers in the cache are not asked for again.
 * @example
 * const service = await openService("google");
 * const judge = openServiceJudge(service, { cache: "answers.db", maxRequests: 1000 });
 * @throws UserError when the cache cannot be opened.
 */
export function openServiceJudge(service: Service, options: ServiceJudgeOptions): ServiceJudge {
  const { name = service.name, send = "png", price = service.price.perImage } = options;
  const { origin, pathname, search } = service.url;
  const url = service.identity ?? `${origin}${pathname}${search}`;
  const description = { service: service.name, url, settings: service.settings };
  const setting = keyOf(description);
  const cache = new AnswerCache(options.cache);
  cache.describe(setting, description);
  const budget = new Budget(options, price);
  const asking = new Asking(service, cache, new Transport(service, budget, cache, options), options.signal);
  return {
    ...{ kind: "labels", name, spent: budget },
    key: keyOf({ setting, send }),
    settings: { ...statedSettings(service), send },
    async requireKnows() {}, // labels of an open vocabulary need no annotation
    async predict(images) {
      const sent = await Promise.all(images.map((image) => encoded(image, send)));
      const settled = await Promise.allSettled(
        sent.map((image) => {
          const sha256 = createHash("sha256").update(image.bytes).digest("hex");
          return asking.answerOf({ key: keyOf({ setting, sha256 }), setting, image: sha256 }, image);
        }),
      );
      // All requests under way are completed first, so that their answers are kept.
      const failed = settled.find((each) => each.status === "rejected");
      if (failed) throw failed.reason;
      return settled.map((each) => (each as PromiseFulfilledResult<LabelsPrediction | Unjudged>).value);
    },
    cached: () => cache.count(setting),
    lost: () => cache.lost(setting),
    release: async () => cache.close(),
  };
}

/** The settings that results state: short ones, on a line. */
const statedSettings = ({ name, title, url, identity, settings }: Service): object => ({
  service: name === "http" ? "http" : title,
  host: identity ?? url.host,
  ...Object.fromEntries(
    Object.entries(settings).filter(([, value]) => typeof value !== "object" && String(value).length < 80),
  ),
});

/** Looks up answers, and asks for those that are missing. */
class Asking {
  /** The images of this run, by the key of their answer. */
  private readonly answers = new Map<string, Promise<LabelsPrediction | Unjudged>>();

  constructor(
    private readonly service: Service,
    private readonly cache: AnswerCache,
    private readonly transport: Transport,
    private readonly signal: AbortSignal | undefined,
  ) {}

  answerOf(key: AnswerKey, image: SentImage): Promise<LabelsPrediction | Unjudged> {
    const found = this.answers.get(key.key) ?? this.found(key, image);
    this.answers.set(key.key, found);
    return found;
  }

  private async found(key: AnswerKey, image: SentImage): Promise<LabelsPrediction | Unjudged> {
    const unfit = unfitReason(image, this.service);
    if (unfit !== undefined) return { kind: "unjudged", reason: unfit };
    for (;;) {
      const kept = this.kept(key);
      if (kept) return kept;
      if (this.cache.claim(key)) break;
      this.signal?.throwIfAborted();
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
      if (error instanceof RefusedImage)
        return { kind: "unjudged", reason: `${this.service.name} refuses it (${error.message})` };
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

async function encoded({ width, height, data }: Image, send: "png" | "jpeg"): Promise<SentImage> {
  const pixels = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  const file = send === "png" ? pixels.png() : pixels.jpeg({ quality: 95, chromaSubsampling: "4:4:4" });
  return { bytes: new Uint8Array(await file.toBuffer()), type: `image/${send}`, width, height };
}
