/// <reference lib="dom" />
import type { Answer, Session, Trial } from "../protocol.js";
import { Refusal, type StudyClient } from "./client.js";
import type { Device } from "./device.js";
import { delay } from "./elements.js";
import type { Images } from "./images.js";
import type { Shell } from "./shell.js";
import { strings } from "./strings.js";

/** Trials whose images are loaded ahead. */
const AHEAD = 2;
/** The time in milliseconds after which the page says that it is saving. */
const SLOW = 700;

/** The trials of a participant, and which of them are answered. */
export class Participation {
  readonly trials: readonly Trial[];
  readonly #token: string;
  readonly #answered: Set<number>;

  constructor(
    session: Session,
    private readonly client: StudyClient,
    private readonly device: Device,
    private readonly images: Images,
    private readonly shell: Shell,
  ) {
    this.trials = session.trials;
    this.#token = session.token;
    this.#answered = new Set(session.answered);
  }

  /** How many trials are answered. */
  get answered(): number {
    return this.#answered.size;
  }

  isOpen(trial: Trial): boolean {
    return !this.#answered.has(trial.trial);
  }

  /** Announces a trial and loads the images of the following ones. */
  begin(trial: Trial): void {
    this.shell.progress(trial.trial + 1, this.trials.length);
    const next = this.trials.filter((other) => other.trial > trial.trial && this.isOpen(other)).slice(0, AHEAD);
    for (const name of next.flatMap(imagesOf)) this.images.preload(name);
  }

  /** Sends the answers that an earlier visit could not send. One that is not valid is left out. */
  async sendUnsent(): Promise<void> {
    for (const answer of this.device.unsent)
      await this.#send(answer).catch((error: unknown) => {
        if (!(error instanceof Refusal && error.status === 400)) throw error;
      });
  }

  /** Sends an answer; resolves when the server has stored it. Until then the device keeps it. */
  async store(answer: Answer): Promise<void> {
    this.device.keepUnsent(answer);
    const sent = this.#send(answer);
    await Promise.race([sent, delay(SLOW).then(() => this.shell.announce(strings.saving))]);
    await sent;
    const done = this.trials.filter((trial) => trial.trial === answer.trial);
    for (const name of done.flatMap(imagesOf)) this.images.release(name);
  }

  finish() {
    return this.client.finish(this.#token);
  }

  async #send(answer: Answer): Promise<void> {
    const stored = await this.client.store(answer, this.#token).catch((error: unknown) => {
      if (error instanceof Refusal) this.device.dropUnsent(answer.trial);
      throw error;
    });
    this.device.dropUnsent(answer.trial);
    this.#answered.add(answer.trial);
    // Another tab of the same participant answers too.
    if (stored.answered === this.#answered.size) return;
    const { answered } = await this.client.session(this.#token);
    for (const trial of answered) this.#answered.add(trial);
  }
}

/** The images of a trial. */
const imagesOf = (trial: Trial): readonly string[] =>
  trial.kind === "quality" ? [trial.left, trial.right] : [trial.image];
