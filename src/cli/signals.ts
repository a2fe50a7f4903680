import { removeHeld } from "../platform/node/temporary.js";

/** Exit codes of a process that a signal ended, as shells report them. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Name = keyof typeof CODES;
const NAMES = Object.keys(CODES) as Name[];

/**
 * Turns the first SIGINT or SIGTERM into an abort for commands that save what they have: those that have read `signal`. A
 * second one, or the first during another command, ends the process at once. Temporary files are removed in all cases.
 */
export class Interruption {
  private readonly controller = new AbortController();
  /** Whether the running command stops by itself. */
  private isRead = false;
  /** The exit code of the signal that arrived. */
  exitCode: number = CODES.SIGINT;

  /** Handles the signals from now on. */
  listen(): void {
    for (const name of NAMES) process.on(name, () => this.stop(name));
  }

  get signal(): AbortSignal {
    this.isRead = true;
    return this.controller.signal;
  }

  get aborted(): boolean {
    return this.controller.signal.aborted;
  }

  private stop(name: Name): void {
    if (this.aborted) end(name);
    if (!this.isRead) process.exit(CODES[name]);
    this.exitCode = CODES[name];
    this.controller.abort();
  }
}

/**
 * Ends the process by the signal itself. `process.exit` would wait for worker threads, and those for reads that are pending
 * in the system.
 */
function end(name: Name): void {
  removeHeld();
  for (const each of NAMES) process.removeAllListeners(each);
  process.kill(process.pid, name);
}
