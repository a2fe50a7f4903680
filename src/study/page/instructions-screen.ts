/// <reference lib="dom" />
import type { JsPsychPlugin } from "jspsych";
import type { StudyKind } from "../definition.js";
import { element } from "./elements.js";
import { screen } from "./plugins.js";
import { pressed, showScreen } from "./screen.js";
import { strings } from "./strings.js";

const info = screen("instructions", "state");

interface State {
  readonly kind: StudyKind;
  readonly answered: number;
  readonly trials: number;
  /** Whether the participation can continue after a reload. */
  readonly persistent: boolean;
}

/** What to do in the study, before the first trial and whenever a participant returns. */
export class InstructionsScreen implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  async trial(display: HTMLElement, { state }: { state(): State }, onLoad: () => void) {
    const { kind, answered, trials, persistent } = state();
    const texts = strings.instructions;
    const again = answered > 0;
    const lines = [...texts.texts[kind], persistent ? texts.pause : texts.pauseWithoutStorage];
    if (again) lines.unshift(texts.answered(answered, trials));
    const begin = element("button", { type: "button", class: "primary" }, again ? texts.proceed : texts.begin);
    const content = lines.map((line) => element("p", {}, line));
    const keys = element("p", { class: "hint keys" }, texts.keys[kind]);
    await showScreen(display, "instructions", again ? texts.again : texts.heading, ...content, keys, begin);
    onLoad();
    await pressed(begin);
    return {};
  }
}
