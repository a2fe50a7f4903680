import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { LoggedRequest } from "../src/stand-ins/request-log.js";
import { readLog } from "./stand-ins.js";

const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));

/** What a service received and would charge for. */
export interface RequestCounts {
  readonly requests: number;
  /** Different images, by the SHA-256 of their bytes. */
  readonly contents: number;
  readonly answered: number;
  /** Requests with each fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** The most requests for one image. */
  readonly mostPerContent: number;
  /** Images that were paid for. */
  readonly paid: number;
  /** Images that were paid for more than once. */
  readonly paidTwice: number;
}

export function requestCounts(log: readonly LoggedRequest[]): RequestCounts {
  const [sent, paid] = [countOf(log.flatMap(({ images }) => images)), countOf(log.flatMap((each) => each.paid))];
  return {
    requests: log.length,
    contents: sent.size,
    answered: log.filter(({ answered }) => answered).length,
    faults: Object.fromEntries(countOf(log.flatMap(({ fault }) => fault ?? []))),
    mostPerContent: Math.max(0, ...sent.values()),
    paid: paid.size,
    paidTwice: [...paid.values()].filter((count) => count > 1).length,
  };
}

function countOf<Value>(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** A run of `legible` that was killed, and what it printed until then. */
export interface KilledRun {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly err: string;
}

/** Runs `legible …` and kills it with SIGKILL as soon as a stand-in's log has this many lines. */
export async function killedAfter(args: readonly string[], log: string, lines: number): Promise<KilledRun> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const ended = new Promise<Omit<KilledRun, "err">>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal })),
  );
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  while (isRunning && !(existsSync(log) && readLog(log).length >= lines)) await sleep(10);
  child.kill("SIGKILL");
  return { ...(await ended), err };
}

/** Starts `legible stand-in …` as a process of its own. */
export async function spawnStandIn(
  args: readonly string[],
): Promise<{ readonly url: string; stop(): Promise<unknown> }> {
  const child: ChildProcess = spawn(process.execPath, [main, "stand-in", ...args, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (chunk) => resolve(String(chunk)));
    child.once("close", (code) => reject(new Error(`the stand-in ended with exit code ${code}`)));
  });
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    stop() {
      child.kill("SIGTERM");
      return closed;
    },
  };
}
