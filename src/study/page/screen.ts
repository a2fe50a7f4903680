/// <reference lib="dom" />
import { element, heading, painted } from "./elements.js";
import { strings } from "./strings.js";

/**
 * Shows a screen and moves the focus to its heading.
 * @param kind class of the screen's element.
 * @returns the time in `performance.now()` at which the screen is visible.
 */
export function showScreen(
  display: HTMLElement,
  kind: string,
  title: string,
  ...content: readonly Node[]
): Promise<number> {
  const top = heading(title);
  display.replaceChildren(element("section", { class: `screen ${kind}` }, top, ...content));
  window.scrollTo(0, 0);
  top.focus({ preventScroll: true });
  return painted();
}

/** Says that a screen is being prepared. Its style keeps it invisible for the first moments. */
export function showLoading(display: HTMLElement): void {
  display.replaceChildren(element("p", { class: "loading" }, strings.loading));
}

/** Resolves when a button is pressed. */
export const pressed = (button: HTMLButtonElement): Promise<void> =>
  new Promise((resolve) => button.addEventListener("click", () => resolve(), { once: true }));
