import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ended } from "./ended.js";

const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));

/** A line of a worker's log. */
export interface LogLine {
  readonly msg: string;
  readonly job?: string;
  readonly status?: string;
}

/** Workers in processes of their own. */
export class Workers {
  readonly lines: LogLine[] = [];
  /** What is no JSON on standard error: stack traces and messages of libraries. */
  readonly stray: string[] = [];
  private readonly running: ChildProcess[] = [];

  constructor(
    private readonly url: string,
    private readonly flags: readonly string[] = [],
  ) {}

  start(): void {
    const args = ["worker", "--queue", this.url, "--log", "json", ...this.flags];
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    this.running.push(child);
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() as string;
      for (const line of lines) this.note(line);
    });
  }

  private note(line: string): void {
    try {
      this.lines.push(JSON.parse(line));
    } catch {
      this.stray.push(line);
    }
  }

  /** Waits until a worker logs a message that begins so. @throws Error with what was logged, when none does in time. */
  async logged(beginning: string): Promise<LogLine> {
    for (let i = 0; i < 600; i++) {
      const found = this.lines.find(({ msg }) => msg.startsWith(beginning));
      if (found) return found;
      await setTimeout(100);
    }
    throw new Error(`no worker logged "${beginning}", but ${JSON.stringify([this.lines, this.stray])}`);
  }

  /** Ends the worker that has run longest. @returns its exit code, null after SIGKILL. */
  async stopOldest(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.running.shift();
    return child ? ended(child, signal) : null;
  }

  /** Ends all workers. @returns their exit codes. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<(number | null)[]> {
    return Promise.all(this.running.splice(0).map((child) => ended(child, signal)));
  }

  /** How often each job ended with a status. */
  ends(status: string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { job, status: found } of this.lines)
      if (job !== undefined && found === status) counts.set(job, (counts.get(job) ?? 0) + 1);
    return counts;
  }
}

/** The SHA-256 of each file of a folder and its subfolders, hidden ones too, by its path. */
export function hashesOf(folder: string): ReadonlyMap<string, string> {
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(
    names.sort().map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    ]),
  );
}
