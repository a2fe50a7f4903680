import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { float, GraphBuilder } from "../src/onnx/builder.js";
import { writeModel } from "../src/platform/node/models.js";
import type { LoggedRequest } from "../src/stand-ins/request-log.js";
import { type StandIn, type StandInOptions, startStandIn } from "../src/stand-ins/stand-in.js";

/**
 * Writes a classifier whose scores are 4 · (mean of red, mean of green, mean of blue), means in [0, 1], and its sidecar with
 * the class names.
 */
export async function writeColorClassifier(path: string): Promise<void> {
  const b = new GraphBuilder("colors");
  const image = b.input("input", ["N", 3, "H", "W"]);
  const means = b.Flatten(b.GlobalAveragePool(image));
  const identity = b.initializer("identity", {
    type: "float32",
    shape: [3, 3],
    data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
  });
  b.output("logits", b.add("Gemm", [means, identity], { alpha: float(4) }), ["N", 3]);
  await writeModel(b.build(), path);
  const input = { size: 32, mean: [0, 0, 0], std: [1, 1, 1] };
  writeFileSync(path.replace(/onnx$/, "json"), JSON.stringify({ input, classes: colorNames }));
}

export const colorNames = ["red fox, Vulpes vulpes", "green lizard", "blue jay"];

/** The softmax of (4, 0, 0): the confidences of an image of one pure color. */
export const pure = { first: Math.exp(4) / (Math.exp(4) + 2), others: 1 / (Math.exp(4) + 2) };

/** An image file of one color, such as "#ff0000". */
export const flatFile = (color: string, side = 100, format: "png" | "jpeg" | "webp" = "png"): Promise<Buffer> =>
  sharp({ create: { width: side, height: side, channels: 3, background: color } })
    .toFormat(format)
    .toBuffer();

export interface RunningStandIn extends StandIn {
  /** The file of the log. */
  readonly log: string;
  /** The log once it has this many lines; a line is written after its answer was sent. */
  logged(lines: number): Promise<LoggedRequest[]>;
}

/** Starts a stand-in of the color classifier that stops after the test. */
export async function standInOf(
  t: { after(end: () => unknown): void },
  vendor: StandInOptions["vendor"],
  options: Partial<StandInOptions> = {},
): Promise<RunningStandIn> {
  const folder = mkdtempSync(join(tmpdir(), "legible-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [judge, log] = [join(folder, "colors.onnx"), join(folder, "log.jsonl")];
  await writeColorClassifier(judge);
  const running = await startStandIn({ vendor, judge, log, threads: 1, ...options });
  t.after(() => running.close());
  const logged = async (lines: number) => {
    for (let tries = 0; tries < 1500 && readLog(log).length < lines; tries++) await sleep(20);
    return readLog(log);
  };
  return { ...running, log, logged };
}

/** A stand-in that all tests of a file share. */
export function sharedStandIn(vendor: StandInOptions["vendor"]): () => RunningStandIn {
  let running: RunningStandIn | undefined;
  const ends: (() => unknown)[] = [];
  before(async () => {
    running = await standInOf({ after: (end) => void ends.push(end) }, vendor);
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return () => running as RunningStandIn;
}

/** The requests in a log. */
export const readLog = (path: string): LoggedRequest[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LoggedRequest);

/** What a stand-in answered: status and JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the vendors' JSON by hand
  readonly json: any;
}

/** Posts a body: bytes as they are, anything else as JSON. */
export async function post(url: string, headers: Record<string, string>, body: unknown): Promise<Reply> {
  const raw = Buffer.isBuffer(body) || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method: "POST", headers, body: raw as BodyInit });
  return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) };
}
