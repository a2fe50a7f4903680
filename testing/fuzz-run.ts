import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Trial, Verdict } from "./fuzz-subjects.js";

/** Time limit of a file, in seconds. */
export const TIME_LIMIT = 10;
/** Memory limit of the process, in MiB. */
export const MEMORY_LIMIT = 2048;
/** A new process begins after this many files, so that memory is not that of all files before. */
const FILES_PER_PROCESS = 500;

const worker = fileURLToPath(new URL("./fuzz-worker.js", import.meta.url));

/** What became of the corrupted files of a subject. */
export interface Campaign {
  readonly counts: Record<Verdict, number>;
  /** One line for each file that crashed, hung, needed too much memory, or failed without one clear line. */
  readonly violations: string[];
  /** The longest time of a file, in seconds, and its index. */
  slowest: { seconds: number; index: number };
  /** The largest memory of a process, in MiB. */
  mebibytes: number;
  /** Each message once, with its number of files. */
  readonly messages: Map<string, number>;
}

/** What the worker prints about a file. */
interface Report extends Partial<Trial> {
  readonly failure?: string;
  readonly seconds: number;
  readonly mebibytes: number;
}

/** Parts of messages that come from the inside of a program or library. */
const INTERNAL =
  /\n\s+at |should not happen|undefined|\[object |is not a function|is not iterable|Cannot (read properties|convert|mix)|vips|wbuffer|scandir|\.cc:\d|\.ts:|\/onnxruntime_src\/|Symbol\(/;
/** The most characters of a clear line. */
const LONGEST = 1200;

const flawOf = (message: string): string | undefined => {
  if (message.trim() === "") return "an empty message";
  if (message.length > LONGEST) return `a message of ${message.length} characters`;
  return INTERNAL.test(message) ? "a message of internals" : undefined;
};

/** Uses files `begin` to `end` - 1. After a crash or a violated limit, a new process continues with the next file. */
export async function runCampaign(subject: string, seed: number, begin: number, end: number): Promise<Campaign> {
  const counts = { accepted: 0, flawed: 0, refused: 0 };
  const campaign: Campaign = {
    ...{ counts, violations: [], messages: new Map() },
    ...{ slowest: { seconds: 0, index: begin }, mebibytes: 0 },
  };
  for (let next = begin; next < end; )
    next = await runProcess([subject, seed, next, Math.min(end, next + FILES_PER_PROCESS)], campaign);
  return campaign;
}

/** @returns the index of the first file that is left. */
function runProcess(args: readonly [string, number, number, number], campaign: Campaign): Promise<number> {
  const [subject, seed, begin, end] = args;
  const child = spawn(process.execPath, [worker, ...args.map(String)], { stdio: ["ignore", "pipe", "pipe"] });
  let [current, open, buffer, errors, timedOut] = [begin - 1, false, "", "", false];
  const violate = (reason: string) => campaign.violations.push(`${subject}, seed ${seed}, index ${current}: ${reason}`);
  const kill = () => {
    timedOut = true;
    child.kill("SIGKILL");
  };
  let watchdog = setTimeout(kill, 60_000);
  const handle = (line: string) => {
    open = line.startsWith("try ");
    if (open) {
      current = Number(line.slice(4));
      clearTimeout(watchdog);
      watchdog = setTimeout(kill, 1000 * TIME_LIMIT);
      return;
    }
    for (const reason of record(campaign, JSON.parse(line), current)) violate(reason);
    if (JSON.parse(line).mebibytes > MEMORY_LIMIT) child.kill("SIGKILL");
  };
  child.stdout.on("data", (chunk) => {
    const lines = (buffer + chunk).split("\n");
    buffer = lines.pop() ?? "";
    for (const line of lines) handle(line);
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
    if (current >= begin) violate(`it wrote to standard error: ${String(chunk).trim().slice(0, 300)}`);
  });
  return new Promise((resolve, reject) =>
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      if (current < begin) return reject(new Error(`the worker did not start (${signal ?? code}): ${errors}`));
      if (open) violate(timedOut ? `exceeded ${TIME_LIMIT} s` : `crashed the process (${signal ?? code})`);
      else if (code !== 0 && campaign.mebibytes <= MEMORY_LIMIT) violate(`ended the process (${signal ?? code})`);
      resolve(code === 0 ? end : current + 1);
    }),
  );
}

/** Adds the result of a file. @returns what is wrong with it. */
function record(campaign: Campaign, report: Report, index: number): string[] {
  const { verdict, messages = [], failure, seconds, mebibytes } = report;
  if (verdict) campaign.counts[verdict]++;
  if (seconds > campaign.slowest.seconds) campaign.slowest = { seconds, index };
  campaign.mebibytes = Math.max(campaign.mebibytes, mebibytes);
  for (const message of messages) campaign.messages.set(message, (campaign.messages.get(message) ?? 0) + 1);
  const unclear = messages.flatMap((message) => {
    const flaw = flawOf(message);
    return flaw === undefined ? [] : [`${flaw}: ${message.slice(0, 500)}`];
  });
  return [
    ...(failure === undefined ? [] : [failure]),
    ...unclear,
    ...(mebibytes > MEMORY_LIMIT ? [`needed ${Math.round(mebibytes)} MiB`] : []),
  ];
}

/** The sum of campaigns. */
export function total(campaigns: readonly Campaign[]): Campaign {
  const [first] = campaigns as [Campaign];
  const sum = (verdict: Verdict) => campaigns.reduce((count, { counts }) => count + counts[verdict], 0);
  const messages = new Map<string, number>();
  for (const each of campaigns)
    for (const [message, count] of each.messages) messages.set(message, (messages.get(message) ?? 0) + count);
  return {
    counts: { accepted: sum("accepted"), flawed: sum("flawed"), refused: sum("refused") },
    violations: campaigns.flatMap(({ violations }) => violations),
    slowest: campaigns.map(({ slowest }) => slowest).reduce((a, b) => (a.seconds > b.seconds ? a : b), first.slowest),
    mebibytes: Math.max(...campaigns.map(({ mebibytes }) => mebibytes)),
    messages,
  };
}
