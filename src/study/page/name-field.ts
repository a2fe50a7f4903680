/// <reference lib="dom" />
import { element } from "./elements.js";
import { Field } from "./fields.js";
import { NameList } from "./name-list.js";
import { strings } from "./strings.js";

/** A form for a name: typed, or selected from a list that what is typed filters. */
export class NameField {
  readonly element: HTMLFormElement;
  readonly #field: Field;
  readonly #list: NameList | undefined;

  /** @param choices the names to select from; `undefined`: any name is typed. */
  constructor(choices: readonly string[] | undefined) {
    const input = element("input", {
      ...{ id: "name", type: "text", maxlength: 200, autocomplete: "off", autocapitalize: "none", spellcheck: "false" },
    });
    const { chosen, chosenHint, choiceMissing, typed, typedHint, nameMissing } = strings.naming;
    const [label, hint, missing] = choices ? [chosen, chosenHint, choiceMissing] : [typed, typedHint, nameMissing];
    this.#list = choices && new NameList(choices, input);
    const texts = [element("label", { for: "name" }, label), element("p", { id: "name-hint", class: "hint" }, hint)];
    this.#field = new Field(input, missing, ...texts, input);
    const confirm = element("button", { type: "submit", class: "primary" }, strings.naming.confirm);
    this.element = element("form", { class: "name-form", novalidate: true }, this.#field.element);
    if (this.#list) this.element.append(this.#list.element);
    this.element.append(confirm);
  }

  focus(): void {
    this.#field.input.focus();
  }

  /** Resolves with the name when it is confirmed. An empty one is refused with a message. */
  name(): Promise<string> {
    return new Promise((resolve) => {
      this.element.addEventListener("submit", (event) => {
        event.preventDefault();
        const name = this.#list ? this.#list.selected : this.#field.value();
        if (name) resolve(name);
        else this.#field.refuse(this.#field.missing);
      });
    });
  }
}
