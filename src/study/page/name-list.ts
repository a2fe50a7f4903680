/// <reference lib="dom" />
import { element } from "./elements.js";
import { strings } from "./strings.js";

/** The names that contain what is typed, as a list that the keys of the input move through (ARIA: a combobox). */
export class NameList {
  readonly element: HTMLElement;
  readonly #options: readonly HTMLLIElement[];
  readonly #list = element("ul", { id: "names", role: "listbox", "aria-label": strings.naming.names });
  readonly #count = element("p", { class: "hint", role: "status" });
  #selected: HTMLLIElement | undefined;

  constructor(
    names: readonly string[],
    private readonly input: HTMLInputElement,
  ) {
    this.#options = names.map((name, i) =>
      element("li", { id: `name-${i}`, role: "option", "aria-selected": "false" }, name),
    );
    this.#list.append(...this.#options);
    this.element = element("div", { class: "names" }, this.#count, this.#list);
    const combobox = {
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": "names",
      "aria-autocomplete": "list",
    };
    for (const [name, value] of Object.entries(combobox)) input.setAttribute(name, value);
    input.addEventListener("input", () => this.#filter());
    input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#list.addEventListener("click", ({ target }) => {
      const option = this.#options.find((each) => each === target);
      if (option) this.#select(option);
    });
    this.#filter();
  }

  /** The name that is selected. */
  get selected(): string {
    return this.#selected?.textContent ?? "";
  }

  #visible(): readonly HTMLLIElement[] {
    return this.#options.filter((option) => !option.hidden);
  }

  #filter(): void {
    const typed = simple(this.input.value);
    for (const option of this.#options) option.hidden = !simple(option.textContent ?? "").includes(typed);
    const visible = this.#visible();
    this.#count.textContent = visible.length === 0 ? strings.naming.noMatch : strings.naming.matches(visible.length);
    const exact = visible.find((option) => simple(option.textContent ?? "") === typed);
    const only = visible.length === 1 && typed !== "" ? visible[0] : undefined;
    this.#select(exact ?? only ?? (this.#selected?.hidden ? undefined : this.#selected));
  }

  #onKey(event: KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const visible = this.#visible();
    if (step === 0 || visible.length === 0 || event.altKey) return;
    event.preventDefault();
    const index = this.#selected ? visible.indexOf(this.#selected) + step : step > 0 ? 0 : -1;
    this.#select(visible.at(index % visible.length));
  }

  #select(option: HTMLLIElement | undefined): void {
    this.#selected?.setAttribute("aria-selected", "false");
    this.#selected = option;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }
}

/** A text without differences of case and accents. */
const simple = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
