/// <reference lib="dom" />
import { element } from "./elements.js";
import { strings } from "./strings.js";

/** A field of a form with the message about what is wrong in it. */
export class Field {
  readonly element: HTMLElement;
  readonly #error: HTMLElement;

  constructor(
    readonly input: HTMLInputElement,
    /** The message about an empty field. */
    readonly missing: string,
    ...content: readonly Node[]
  ) {
    this.#error = element("p", { id: `${input.id}-error`, class: "error", role: "alert" });
    input.setAttribute("aria-describedby", `${input.id}-hint ${input.id}-error`);
    this.element = element("div", { class: "field" }, ...content, this.#error);
  }

  /** The text of the field. */
  value(): string {
    return this.input.value.trim();
  }

  /** Whether the field is filled in; if not, a message appears. */
  check(): boolean {
    const filled = this.input.type === "checkbox" ? this.input.checked : this.value() !== "";
    this.#show(filled ? "" : this.missing);
    return filled;
  }

  /** Shows that what was entered is wrong, and moves the focus to it. */
  refuse(message: string): void {
    this.#show(message);
    this.input.focus();
    this.input.select();
  }

  #show(message: string): void {
    this.#error.textContent = message;
    this.input.setAttribute("aria-invalid", String(message !== ""));
  }
}

/** The code of a participant; a code behind `#code=` of the page's address is filled in. */
export function codeField(): Field {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  const input = element("input", {
    ...{ id: "code", type: "text", maxlength: 64, autocomplete: "off", autocapitalize: "none", spellcheck: "false" },
    value: code,
  });
  const label = element("label", { for: "code" }, strings.join.code);
  return new Field(
    input,
    strings.join.codeMissing,
    label,
    element("p", { id: "code-hint", class: "hint" }, strings.join.codeHint),
    input,
  );
}

/** The agreement to the text about the study. */
export function agreementField(): Field {
  const input = element("input", { id: "agree", type: "checkbox" });
  const label = element("label", { class: "check" }, input, element("span", {}, strings.join.agree));
  return new Field(input, strings.join.agreeMissing, label);
}
