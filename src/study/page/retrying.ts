/// <reference lib="dom" />
import { delay } from "./elements.js";

/** A failure that may pass: no connection, a busy server. */
export class TemporaryFailure extends Error {
  constructor(
    readonly kind: "offline" | "busy",
    /** Seconds that the server asks to wait. */
    readonly seconds = 0,
  ) {
    super(kind);
  }
}

/** Where failures are shown while they last. */
export interface TroubleDisplay {
  /** Shows a failure. Resolves when the participant wants another attempt at once. */
  show(kind: TemporaryFailure["kind"]): Promise<void>;
  hide(): void;
}

/** The longest time between two attempts, in seconds. */
const LONGEST = 30;

/**
 * The result of an attempt, which is repeated as long as it throws a `TemporaryFailure`: after 1, 2, 4, … 30 s with jitter, after the
 * time that the server asks for, when the browser is online again, or when the participant wants it.
 */
export async function retrying<Result>(attempt: () => Promise<Result>, display: TroubleDisplay): Promise<Result> {
  for (let failures = 0; ; failures++)
    try {
      const result = await attempt();
      if (failures > 0) display.hide();
      return result;
    } catch (failure) {
      if (!(failure instanceof TemporaryFailure)) {
        if (failures > 0) display.hide();
        throw failure;
      }
      const backoff = Math.min(LONGEST, 2 ** failures) * (0.5 + 0.5 * Math.random());
      await Promise.race([display.show(failure.kind), online(), delay(1000 * Math.max(backoff, failure.seconds))]);
    }
}

/** Resolves when the browser is online again. */
const online = (): Promise<unknown> =>
  new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
