/** Exit codes of a process that a signal ended, as shells report them. */
const CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Name = keyof typeof CODES;

/**
 * Turns the first SIGINT or SIGTERM into an abort for commands that save what they have; a second one ends the process at
 * once. Handlers are installed when a command first reads `signal`: signals end other commands as usual.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private installed = false;
  /** The exit code of the signal that arrived. */
  exitCode: number = CODES.SIGINT;

  get signal(): AbortSignal {
    if (!this.installed) for (const name of Object.keys(CODES) as Name[]) process.on(name, () => this.stop(name));
    this.installed = true;
    return this.controller.signal;
  }

  get aborted(): boolean {
    return this.controller.signal.aborted;
  }

  private stop(name: Name): void {
    if (this.aborted) process.exit(CODES[name]);
    this.exitCode = CODES[name];
    this.controller.abort();
  }
}
