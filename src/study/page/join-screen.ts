/// <reference lib="dom" />
import type { JsPsychPlugin } from "jspsych";
import type { Session, StudyInfo } from "../protocol.js";
import { Refusal } from "./client.js";
import { element, paragraphs } from "./elements.js";
import { agreementField, codeField } from "./fields.js";
import { screen } from "./plugins.js";
import { showScreen } from "./screen.js";
import { strings } from "./strings.js";

const info = screen("join", "study", "join");

interface Parameters {
  study(): StudyInfo;
  /** Joins the study; a `Refusal` is shown. */
  join(code: string | undefined): Promise<Session>;
}

/** The text about the study, consent, and the code of the participant. Ends when the participant has joined. */
export class JoinScreen implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  async trial(display: HTMLElement, { study, join }: Parameters, onLoad: () => void) {
    const { consent, trials, needs_code } = study();
    const code = needs_code ? codeField() : undefined;
    const agreement = consent.trim() === "" ? undefined : agreementField();
    const start = element("button", { type: "submit", class: "primary" }, strings.join.start);
    const form = element("form", { class: "join", novalidate: true });
    for (const field of [code, agreement]) if (field) form.append(field.element);
    form.append(start);
    form.addEventListener("submit", (event) => event.preventDefault());
    const text = element("div", { class: "consent" }, ...paragraphs(consent));
    const length = element("p", {}, strings.join.length(trials));
    await showScreen(display, "join-screen", strings.join.heading, text, length, form);
    onLoad();
    for (;;) {
      await submitted(form);
      const valid = [code, agreement].map((field) => field?.check() ?? true);
      if (!valid.every(Boolean)) {
        form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
        continue;
      }
      start.setAttribute("aria-disabled", "true");
      const refusal = await join(code?.value()).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refusal === undefined) return {};
      // Without a code that could be corrected, another attempt would end the same way.
      if (!(refusal instanceof Refusal && refusal.status === 403 && code)) throw refusal;
      start.setAttribute("aria-disabled", "false");
      code.refuse(strings.codeRefused);
    }
  }
}

/** Resolves at the next submission of a form. */
const submitted = (form: HTMLFormElement): Promise<unknown> =>
  new Promise((resolve) => form.addEventListener("submit", resolve, { once: true }));
