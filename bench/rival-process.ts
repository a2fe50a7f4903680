import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Job, Rival } from "./rivals.js";

/** A rival's message when it is ready. */
export interface Ready {
  readonly version: string;
}

/** A rival's reply to a requested number of steps. */
export interface Times {
  /** Milliseconds of each step. */
  readonly ms: readonly number[];
  /** The loss of the last step, of rivals that begin with the same weights and images as others. */
  readonly loss?: number | null;
  /** Peak memory of the process so far, including its start. */
  readonly peak_mib: number;
  /** Peak memory since the rival was ready; null where the system does not report it. */
  readonly step_mib: number | null;
}

/** The reason why a rival does not take part. */
export interface Missing {
  readonly missing: string;
}

/**
 * A rival in its own process, so that its memory is measured separately. The process prints a line of JSON when it is ready
 * (Ready) or cannot take part (Missing), then reads lines with a number of steps and replies to each with a line (Times). It
 * exits when its standard input ends.
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
    child.stdin.on("error", () => {}); // the missing reply reports it
    this.reader = createInterface({ input: child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  static async start(rival: Rival, job: Job): Promise<(Ready & { process: RivalProcess }) | Missing> {
    const [program, ...args] = rival.command(job);
    const process = new RivalProcess(spawn(program, args));
    const reply = (await process.reply()) as Ready | Missing;
    return "missing" in reply ? reply : { ...reply, process };
  }

  async measure(steps: number): Promise<Times | Missing> {
    this.child.stdin.write(`${steps}\n`);
    return (await this.reply()) as Times | Missing;
  }

  stop(): void {
    this.child.stdin.end();
    this.reader.close();
  }

  private async reply(): Promise<unknown> {
    const { value, done } = await this.lines.next();
    if (!done) return JSON.parse(value);
    const reason = this.errors.trim().split("\n").at(-1) || "its process exited without a message";
    return { missing: reason } satisfies Missing;
  }
}
