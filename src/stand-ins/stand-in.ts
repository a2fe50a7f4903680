import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { messageOf, UserError } from "../errors.js";
import { type Fault, faultPlan, passingFaults } from "./faults.js";
import { type VendorName, vendors } from "./index.js";
import { type Labeler, openLabeler } from "./labels.js";
import { base64Bytes, readImage } from "./received-image.js";
import { openRequestLog, type RequestLog } from "./request-log.js";
import type { Answer, Keys, LabelImage, StandInRequest, Vendor } from "./vendor.js";

/** What a stand-in serves, and how it fails. */
export interface StandInOptions {
  readonly vendor: VendorName;
  /** The classifier whose labels it answers, an ONNX file. */
  readonly judge: string;
  /** Default: 0, which is a free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** The API key, or AWS secret access key, that it accepts. Default: "stand-in-key". */
  readonly key?: string;
  /** The AWS access key ID that it accepts. Default: "AKIASTANDIN". */
  readonly accessKey?: string;
  /** The share of requests that get a fault, in [0, 1]. Default: 0. */
  readonly faults?: number;
  /** The faults that take turns. Default: all but a full quota. */
  readonly fault?: readonly Fault[];
  /** Decides which requests get a fault. Default: 0. */
  readonly seed?: number;
  /** Seconds that a slow answer waits. Default: 5. */
  readonly delay?: number;
  /** A file in JSON Lines that each request is appended to. */
  readonly log?: string;
  /** Intra-op threads of ONNX Runtime. Default: as for `SessionOptions`. */
  readonly threads?: number | undefined;
}

/** A running stand-in. */
export interface StandIn {
  /** Such as "http://127.0.0.1:8080". */
  readonly url: string;
  /** The accepted keys. */
  readonly keys: Keys;
  /** Stops at once: requests that are running are not answered. A second call does nothing. */
  close(): Promise<void>;
}

/** The keys that a stand-in accepts by default. */
export const defaultKeys: Keys = { key: "stand-in-key", accessKey: "AKIASTANDIN" };

/**
 * Serves a local classifier in the wire format of a labeling service, for tests and demonstrations without an account.
 * @throws UserError when the classifier cannot be opened, the log cannot be written, or the port is not free.
 */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { port = 0, host = "127.0.0.1", threads } = options;
  const { default: fastify } = await import("fastify");
  const log = openRequestLog(options.log);
  const labeler = await openLabeler(options.judge, { threads }).catch((error: unknown) => {
    log.close();
    throw error;
  });
  const vendor: Vendor = vendors[options.vendor];
  const keys = { key: options.key ?? defaultKeys.key, accessKey: options.accessKey ?? defaultKeys.accessKey };
  const server = fastify({
    bodyLimit: vendor.mostBytes,
    forceCloseConnections: true,
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: 2000 },
  });
  serve(server, { vendor, keys, labeler, log, options });
  let closed: Promise<void> | undefined;
  const end = async () => {
    await server.close();
    await labeler.release();
    log.close();
  };
  const close = () => {
    closed ??= end();
    return closed;
  };
  try {
    return { url: await server.listen({ port, host }), keys, close };
  } catch (error) {
    await close();
    throw new UserError(`cannot listen on ${host} at port ${port}: ${listenReason(error)}`);
  }
}

function listenReason(error: unknown): string {
  const isUsed = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  return isUsed ? "the port is in use; 0 chooses a free one" : messageOf(error);
}

/** What serves the requests of a stand-in. */
interface Parts {
  readonly vendor: Vendor;
  readonly keys: Keys;
  readonly labeler: Labeler;
  readonly log: RequestLog;
  readonly options: StandInOptions;
}

function serve(server: FastifyInstance, parts: Parts): void {
  const { vendor, options } = parts;
  const faultOf = faultPlan(options.faults ?? 0, options.fault ?? passingFaults, options.seed ?? 0);
  let count = 0;
  // The stand-ins read bodies themselves, because their errors have the form of the vendor.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: { statusCode?: number }, _request, reply) =>
    send(reply, vendor, vendor.failure(failureOf(error.statusCode))),
  );
  server.setNotFoundHandler((_request, reply) => send(reply, vendor, vendor.failure("not-found")));
  server.all("/*", async (request, reply) => {
    const received = receivedFrom(request);
    if (!received || !vendor.serves(received)) return send(reply, vendor, vendor.failure("not-found"));
    const n = count++;
    return new Exchange(parts, received, reply, n, faultOf(n)).run();
  });
}

const failureOf = (status = 500) => (status === 413 ? "too-large" : status < 500 ? "not-found" : "internal");

/** A request as vendors read it; undefined if its path is none. */
function receivedFrom({ method, url, headers, body }: FastifyRequest): StandInRequest | undefined {
  if (!URL.canParse(url, "http://localhost")) return undefined;
  return {
    method,
    url: new URL(url, "http://localhost"),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  };
}

const send = (reply: FastifyReply, vendor: Vendor, { status, body, headers }: Answer): FastifyReply =>
  reply
    .code(status)
    .headers({ "content-type": vendor.contentType, ...headers })
    .send(Buffer.from(JSON.stringify(body))); // to a text, fastify would add a charset

/** One request with its answer, fault and line of the log. */
class Exchange {
  private readonly images: string[] = [];
  private readonly labeled: string[] = [];

  constructor(
    private readonly parts: Parts,
    private readonly request: StandInRequest,
    private readonly reply: FastifyReply,
    private readonly n: number,
    private readonly fault: Fault | undefined,
  ) {}

  async run(): Promise<FastifyReply> {
    const { vendor, keys, options } = this.parts;
    this.reply.raw.once("close", () => this.write());
    const refusal = vendor.refusal(this.request, keys, new Date());
    if (refusal) return send(this.reply, vendor, refusal);
    const answer = await vendor.answer(this.request, (image) => this.label(image));
    if (this.fault === "429") return this.retryLater(vendor.failure("throttled"));
    if (this.fault === "500") return send(this.reply, vendor, vendor.failure("internal"));
    if (this.fault === "quota") return send(this.reply, vendor, vendor.failure("quota"));
    if (this.fault === "slow") await sleep(1000 * (options.delay ?? 5), undefined, { ref: false });
    if (this.fault === "disconnect") return this.disconnect(answer);
    if (this.fault === "malformed") return this.sendText(answer, half(JSON.stringify(answer.body)), vendor.contentType);
    if (this.fault === "content-type") return this.sendText(answer, "<html><body>Welcome</body></html>", "text/html");
    return send(this.reply, vendor, answer);
  }

  private readonly label: LabelImage = async (given) => {
    const { vendor, labeler } = this.parts;
    const bytes = typeof given === "string" ? base64Bytes(given) : given;
    if (!bytes) return { problem: "not-base64" };
    const hash = createHash("sha256").update(bytes).digest("hex");
    this.images.push(hash);
    if (replacesAnswer(this.fault)) return { problem: "format" }; // the answer is not sent
    const image = await readImage(bytes, vendor.limits);
    if ("problem" in image) return image;
    const labels = await labeler.label(image.pixels);
    this.labeled.push(hash);
    return { image, labels };
  };

  private retryLater({ headers, ...answer }: Answer): FastifyReply {
    return send(this.reply, this.parts.vendor, { ...answer, headers: { ...headers, "retry-after": "1" } });
  }

  private sendText({ status }: Answer, text: string, type: string): FastifyReply {
    return this.reply.code(status).header("content-type", type).send(text);
  }

  /** Announces the whole answer, sends half of it and closes the connection. */
  private disconnect({ status, body }: Answer): FastifyReply {
    const text = JSON.stringify(body);
    const { raw } = this.reply.hijack();
    raw.writeHead(status, { "content-type": this.parts.vendor.contentType, "content-length": Buffer.byteLength(text) });
    raw.write(half(text), () => raw.destroy());
    return this.reply;
  }

  /** Logs the request when its connection is done with the answer, or closed before. */
  private write(): void {
    const { raw } = this.reply;
    const broken = this.fault === "malformed" || this.fault === "content-type" || this.fault === "disconnect";
    const answered = raw.writableFinished && raw.statusCode === 200 && !broken;
    this.parts.log.add({
      n: this.n,
      time: new Date().toISOString(),
      status: raw.headersSent ? raw.statusCode : 0,
      fault: this.fault ?? null,
      images: this.images,
      answered,
      paid: answered ? this.labeled : [],
    });
  }
}

/** Whether an error is sent in place of the answer. */
const replacesAnswer = (fault: Fault | undefined): boolean => fault === "429" || fault === "500" || fault === "quota";

const half = (text: string): string => text.slice(0, Math.floor(text.length / 2));
