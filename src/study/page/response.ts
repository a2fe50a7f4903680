/// <reference lib="dom" />
import type { Answer } from "../protocol.js";

/** Shorter than any considered answer, in milliseconds: what comes earlier is the rest of a double click or of a held key. */
export const SHORTEST = 300;

let device: Answer["input"] = "pointer";

/** Follows how the participant operates the page. A click of a screen reader counts as what was used before it. */
export function followInput(): void {
  const options = { capture: true, passive: true };
  document.addEventListener("keydown", () => (device = "keyboard"), options);
  document.addEventListener(
    "pointerdown",
    ({ pointerType }) => (device = pointerType === "touch" ? "touch" : "pointer"),
    options,
  );
}

/** How and when an answer was given. `shown`: the time of `performance.now()` at which the trial became visible. */
export const circumstances = (shown: number): Pick<Answer, "milliseconds" | "input" | "viewport"> => ({
  milliseconds: Math.round(10 * Math.max(0, performance.now() - shown)) / 10,
  input: device,
  viewport: [document.documentElement.clientWidth, window.innerHeight],
});
