/// <reference lib="dom" />
import type { StudyInfo } from "../protocol.js";
import { element, heading } from "./elements.js";
import type { TemporaryFailure, TroubleDisplay } from "./retrying.js";
import { language, strings } from "./strings.js";

/** What all screens have in common: title, progress, messages about the connection, announcements for screen readers. */
export class Shell implements TroubleDisplay {
  /** Screens are shown inside. */
  readonly main = element("main", { id: "study" });
  readonly #mark = element("p", { class: "mark", hidden: true }, strings.simulated);
  readonly #title = element("p", { class: "title" });
  readonly #count = element("p", { class: "count" });
  readonly #bar = element("progress", { max: 1, value: 0, "aria-label": strings.progressLabel });
  readonly #progress = element("div", { class: "progress", hidden: true }, this.#count, this.#bar);
  readonly #status = element("p", { class: "visually-hidden", role: "status" });
  readonly #trouble = element("div", { class: "trouble", role: "alert" });
  readonly #retry = element("button", { type: "button" }, strings.trouble.retry);
  #titleText = "";

  constructor() {
    document.documentElement.lang = language;
    const header = element("header", {}, this.#mark, element("div", { class: "top" }, this.#title, this.#progress));
    document.body.replaceChildren(header, this.main, this.#trouble, this.#status);
  }

  /** Shows which study this is. */
  present(info: StudyInfo): void {
    this.#titleText = info.title;
    this.#title.textContent = info.title;
    this.#mark.hidden = !info.simulated;
    document.title = info.title;
  }

  /** Shows and announces the position in the study. */
  progress(trial: number, trials: number): void {
    const count = strings.progress(trial, trials);
    this.#progress.hidden = false;
    this.#count.textContent = count;
    this.#bar.max = trials;
    this.#bar.value = trial - 1;
    document.title = `${count} – ${this.#titleText}`;
    this.announce(strings.question(trial, trials));
  }

  /** Removes the position, on screens outside of the trials. */
  withoutProgress(): void {
    this.#progress.hidden = true;
    document.title = this.#titleText || document.title;
  }

  /** Has screen readers read a text without moving the focus. */
  announce(text: string): void {
    this.#status.textContent = text;
  }

  show(kind: TemporaryFailure["kind"]): Promise<void> {
    const text = strings.trouble[kind];
    // An alert is read again whenever its content changes: the same message stays as it is.
    if (this.#trouble.firstElementChild?.textContent !== text)
      this.#trouble.replaceChildren(element("p", {}, text), this.#retry);
    return new Promise((resolve) => {
      this.#retry.onclick = () => resolve();
    });
  }

  hide(): void {
    this.#trouble.replaceChildren();
  }

  /** Shows why the study ends here, instead of all other screens. */
  end(text: string, reload: boolean): void {
    this.withoutProgress();
    const title = heading(strings.ended.heading);
    const button = element("button", { type: "button", class: "primary" }, strings.ended.reload);
    button.addEventListener("click", () => location.reload());
    const screen = element("section", { class: "screen" }, title, element("p", { role: "alert" }, text));
    if (reload) screen.append(button);
    this.main.replaceChildren(screen);
    title.focus();
  }
}
