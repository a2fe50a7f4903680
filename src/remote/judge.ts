import sharp from "sharp";
import type { Image } from "../images/image.js";
import { keyOf } from "../jobs/job.js";
import type { Judge, LabelsPrediction, Unjudged } from "../recognition/judge.js";
import { type Asker, Asking, type AskingOptions, type Spent, settingOf } from "./asking.js";
import { AnswerCache } from "./cache.js";
import { Courier, type CourierPlan } from "./courier.js";
import type { SentImage, Service } from "./service.js";

/** How a service judges. */
export interface ServiceJudgeOptions extends AskingOptions {
  /** The format of the images that are sent. JPEG has quality 95 without chroma subsampling. Default: png. */
  readonly send?: "png" | "jpeg";
  /** Its name in tables. Default: that of the service. */
  readonly name?: string;
  /**
   * The service as another process can open it: requests are then sent by a process of their own, which stores the answers under
   * way if this one is killed. Default: this process sends them.
   */
  readonly courier?: Pick<CourierPlan, "service" | "options">;
}

/** A labeling service as a judge. */
export interface ServiceJudge extends Judge<LabelsPrediction> {
  readonly settings: object;
  /** Requests sent in this run, and their estimated cost in US dollars. */
  spent(): Spent;
  /** Images with an answer in the cache. */
  cached(): number;
  /** Requests of earlier runs that ended before the answer was stored. */
  lost(): number;
  /** Closes the cache. */
  release(): Promise<void>;
}

/**
 * A service as a judge. Each image is sent once: equal images share an answer, and answers in the cache are not asked for again.
 * @example
 * const service = await openService("google");
 * const judge = openServiceJudge(service, { cache: "answers.db", maxRequests: 1000 });
 * @throws UserError when the cache cannot be opened.
 */
export function openServiceJudge(service: Service, options: ServiceJudgeOptions): ServiceJudge {
  const { name = service.name, send = "png", courier, signal } = options;
  const { setting } = settingOf(service);
  const cache = new AnswerCache(options.cache);
  const asker: Asker = courier
    ? new Courier({ ...courier, asking: askingPart(options) }, signal)
    : new Asking(service, options);
  return {
    ...{ kind: "labels", name },
    spent: () => asker.spent,
    key: keyOf({ setting, send }),
    settings: { ...statedSettings(service), send },
    async requireKnows() {}, // labels of an open vocabulary need no annotation
    async predict(images) {
      const sent = await Promise.all(images.map((image) => encoded(image, send)));
      const settled = await Promise.allSettled(sent.map((image) => asker.answerOf(image)));
      // All requests under way are completed first, so that their answers are kept.
      const failed = settled.find((each) => each.status === "rejected");
      if (failed) throw failed.reason;
      return settled.map((each) => (each as PromiseFulfilledResult<LabelsPrediction | Unjudged>).value);
    },
    cached: () => cache.count(setting),
    lost: () => cache.lost(setting),
    async release() {
      await asker.close();
      cache.close();
    },
  };
}

/** The options of asking alone, which another process can receive. */
function askingPart(options: ServiceJudgeOptions): Omit<AskingOptions, "signal"> {
  const { signal: _, courier: __, send: ___, name: ____, ...asking } = options;
  return asking;
}

/** The settings that results state: short ones, on a line. */
const statedSettings = ({ name, title, url, identity, settings }: Service): object => ({
  // A stand-in is not the vendor, and its results must not name it as if it were.
  service:
    identity === undefined ? (name === "http" ? "http" : title) : `none: a local model in the format of ${title}`,
  host: identity ?? url.host,
  ...Object.fromEntries(
    Object.entries(settings).filter(([, value]) => typeof value !== "object" && String(value).length < 80),
  ),
});

async function encoded({ width, height, data }: Image, send: "png" | "jpeg"): Promise<SentImage> {
  const pixels = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  const file = send === "png" ? pixels.png() : pixels.jpeg({ quality: 95, chromaSubsampling: "4:4:4" });
  return { bytes: new Uint8Array(await file.toBuffer()), type: `image/${send}`, width, height };
}
