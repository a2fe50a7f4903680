/// <reference lib="dom" />
import type { Choice } from "../definition.js";
import { delay, element } from "./elements.js";
import { SHORTEST } from "./response.js";

/** The keys of each choice; the first is written on its button. */
const keys: Readonly<Record<Choice, readonly string[]>> = {
  left: ["1", "ArrowLeft"],
  right: ["2", "ArrowRight"],
  tie: ["3"],
  neither: ["4"],
};

/** Buttons for the choices of a pair, which keys press too. */
export class ChoiceBar {
  readonly element: HTMLElement;
  readonly #buttons = new Map<Choice, HTMLButtonElement>();

  /** @param texts the texts of the choices, in their order. */
  constructor(texts: Readonly<Partial<Record<Choice, string>>>) {
    for (const [choice, text] of Object.entries(texts) as [Choice, string][]) {
      const cap = element("kbd", { "aria-hidden": "true" }, keys[choice][0] ?? "");
      const button = element("button", { type: "button", disabled: true, "data-choice": choice }, text, " ", cap);
      this.#buttons.set(choice, button);
    }
    this.element = element("div", { class: "choices" }, ...this.#buttons.values());
  }

  /** Accepts one choice from now on: the first. */
  async choose(): Promise<Choice> {
    await delay(SHORTEST);
    for (const button of this.#buttons.values()) button.disabled = false;
    const listening = new AbortController();
    const choice = await new Promise<Choice>((resolve) => {
      const options = { signal: listening.signal };
      for (const [value, button] of this.#buttons) button.addEventListener("click", () => resolve(value), options);
      document.addEventListener(
        "keydown",
        (event) => {
          const value = this.#choiceOf(event);
          if (value) resolve(value);
        },
        options,
      );
    });
    listening.abort();
    for (const [value, button] of this.#buttons) {
      // Not `disabled`, which would take the focus away while the answer is sent.
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-pressed", String(value === choice));
    }
    return choice;
  }

  /** The choice that a key means: not a held key, and not a shortcut of the browser such as Alt+Left. */
  #choiceOf(event: KeyboardEvent): Choice | undefined {
    if (event.repeat || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return undefined;
    for (const choice of this.#buttons.keys()) if (keys[choice].includes(event.key)) return choice;
    return undefined;
  }
}
