/// <reference lib="dom" />
import type { JsPsychPlugin } from "jspsych";
import type { Finished } from "../protocol.js";
import { element } from "./elements.js";
import { screen } from "./plugins.js";
import { showLoading, showScreen } from "./screen.js";
import { strings } from "./strings.js";

const info = screen("finish", "finish", "another");

interface Parameters {
  /** Reports that all trials are answered. */
  finish(): Promise<Finished>;
  /** Begins a participation of another person, if the study allows it on one device. */
  another(): (() => void) | undefined;
}

/** Thanks, and the completion code. The last screen: it never ends. */
export class FinishScreen implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  async trial(display: HTMLElement, { finish, another }: Parameters, onLoad: () => void): Promise<never> {
    showLoading(display);
    const { completion } = await finish();
    const texts = strings.finish;
    const code = element("output", { class: "completion", "aria-labelledby": "completion-label" }, completion);
    const label = element("h2", { id: "completion-label" }, texts.code);
    const hint = element("p", { class: "hint" }, texts.codeHint);
    const content: Node[] = [element("p", {}, texts.text), label, code, ...copyButton(completion), hint];
    const begin = another();
    if (begin) {
      const button = element("button", { type: "button", class: "another" }, texts.another);
      button.addEventListener("click", begin);
      content.push(button);
    }
    await showScreen(display, "finished", texts.heading, ...content);
    onLoad();
    return new Promise(() => {});
  }
}

/** A button that copies the code, where the browser allows that: with HTTPS or on the device itself. */
function copyButton(code: string): readonly Node[] {
  if (!navigator.clipboard) return [];
  const button = element("button", { type: "button" }, strings.finish.copy);
  const result = element("span", { class: "hint", role: "status" });
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(code).then(
      () => (result.textContent = strings.finish.copied),
      () => button.remove(),
    );
  });
  return [element("div", { class: "copy" }, button, result)];
}
