import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Job, Rival } from "./rivals.js";

/** What a rival says once it is ready. */
export interface Ready {
  readonly version: string;
}

/** What it says to the number of steps it was asked for. */
export interface Times {
  /** Of each step. */
  readonly ms: readonly number[];
  /** Most memory of the process so far, with its start. */
  readonly peak_mib: number;
  /** Most memory since it was ready; null where the system does not tell. */
  readonly step_mib: number | null;
}

/** Why a rival does not take part. */
export interface Missing {
  readonly missing: string;
}

/**
 * A rival in a process of its own, so that its memory is its own. It writes a line of JSON when it is ready (Ready) or cannot
 * take part (Missing), reads lines with a number of steps and answers each with a line (Times). It ends with its input.
 */
export class RivalProcess {
  private errors = "";
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stderr.on("data", (chunk) => {
      this.errors = `${this.errors}${chunk}`.slice(-2000);
    });
    child.on("error", (error) => {
      this.errors = error.message;
    });
    child.stdin.on("error", () => {}); // the answer that does not come tells it
    this.reader = createInterface({ input: child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  static async start(rival: Rival, job: Job): Promise<(Ready & { process: RivalProcess }) | Missing> {
    const [program, ...args] = rival.command(job);
    const process = new RivalProcess(spawn(program, args));
    const answer = (await process.answer()) as Ready | Missing;
    return "missing" in answer ? answer : { ...answer, process };
  }

  async measure(steps: number): Promise<Times | Missing> {
    this.child.stdin.write(`${steps}\n`);
    return (await this.answer()) as Times | Missing;
  }

  stop(): void {
    this.child.stdin.end();
    this.reader.close();
  }

  private async answer(): Promise<unknown> {
    const { value, done } = await this.lines.next();
    if (!done) return JSON.parse(value);
    const reason = this.errors.trim().split("\n").at(-1) || "its process ended without a word";
    return { missing: reason } satisfies Missing;
  }
}
