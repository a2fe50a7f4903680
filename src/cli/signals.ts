/** Exit codes of a process that a signal ended, as shells report them. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Name = keyof typeof CODES;
const NAMES = Object.keys(CODES) as Name[];

/**
 * Turns the first SIGINT or SIGTERM into an abort for commands that save what they have. The second one, of either kind, ends
 * the process at once. Handlers are installed when a command first reads `signal`: signals end other commands as usual.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private installed = false;
  /** The exit code of the signal that arrived. */
  exitCode: number = CODES.SIGINT;

  get signal(): AbortSignal {
    if (!this.installed) for (const name of NAMES) process.on(name, () => this.stop(name));
    this.installed = true;
    return this.controller.signal;
  }

  get aborted(): boolean {
    return this.controller.signal.aborted;
  }

  private stop(name: Name): void {
    if (this.aborted) end(name);
    this.exitCode = CODES[name];
    this.controller.abort();
  }
}

/**
 * Ends the process by the signal itself. `process.exit` would wait for worker threads, and those for reads that are pending
 * in the system.
 */
function end(name: Name): void {
  for (const each of NAMES) process.removeAllListeners(each);
  process.kill(process.pid, name);
}
