/// <reference lib="dom" />
import type { Answer } from "../protocol.js";

/** What a browser keeps of a participation, so that it can continue after a reload. */
interface Kept {
  /** The key that the page joins with, see `Joining`. */
  readonly key?: string;
  readonly token?: string;
  /** Answers whose receipt the server has not confirmed. */
  readonly unsent?: readonly Answer[];
}

/** The record of one study in `localStorage`; in memory, if the browser blocks that. */
export class Device {
  readonly #name: string;
  /** False: nothing remains after a reload. */
  readonly persistent: boolean;
  #memory: Kept = {};

  constructor(study: string) {
    this.#name = `legible-study:${study}`;
    this.persistent = canStore(`${this.#name}:test`);
  }

  get token(): string | undefined {
    return this.#read().token;
  }

  set token(token: string) {
    this.#write({ ...this.#read(), token });
  }

  /** 32 random hex digits, the same until `forget`. */
  get key(): string {
    const { key } = this.#read();
    if (key) return key;
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const created = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#write({ ...this.#read(), key: created });
    return created;
  }

  get unsent(): readonly Answer[] {
    return this.#read().unsent ?? [];
  }

  keepUnsent(answer: Answer): void {
    this.#write({ ...this.#read(), unsent: [...this.unsent, answer] });
  }

  dropUnsent(trial: number): void {
    this.#write({ ...this.#read(), unsent: this.unsent.filter((answer) => answer.trial !== trial) });
  }

  /** Forgets the participant. */
  forget(): void {
    this.#write({});
  }

  #read(): Kept {
    if (!this.persistent) return this.#memory;
    try {
      return JSON.parse(localStorage.getItem(this.#name) ?? "{}") as Kept;
    } catch {
      return {}; // not what this page wrote
    }
  }

  #write(kept: Kept): void {
    if (this.persistent) localStorage.setItem(this.#name, JSON.stringify(kept));
    else this.#memory = kept;
  }
}

/** Whether `localStorage` keeps what is written to it: some private modes throw or keep nothing. */
function canStore(name: string): boolean {
  try {
    localStorage.setItem(name, "1");
    const kept = localStorage.getItem(name) === "1";
    localStorage.removeItem(name);
    return kept;
  } catch {
    return false;
  }
}
