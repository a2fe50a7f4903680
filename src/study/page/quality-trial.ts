/// <reference lib="dom" />
import type { JsPsychPlugin } from "jspsych";
import { ChoiceBar } from "./choice-bar.js";
import { PairViewer } from "./pair-viewer.js";
import { type Asking, asking } from "./plugins.js";
import { circumstances } from "./response.js";
import { showLoading, showScreen } from "./screen.js";
import { strings } from "./strings.js";

const info = asking("quality");

/** Two versions of an image: which looks better. */
export class QualityTrial implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  async trial(display: HTMLElement, { trial, load, store }: Asking<"quality">, onLoad: () => void) {
    showLoading(display);
    const [left, right] = await Promise.all([load(trial.left), load(trial.right)]);
    const viewer = new PairViewer(left, right);
    const bar = new ChoiceBar(strings.quality.choices);
    const visible = showScreen(display, "quality", strings.quality.heading, viewer.element, bar.element);
    viewer.start();
    const shown = await visible;
    onLoad();
    const choice = await bar.choose();
    viewer.stop();
    const answer = { trial: trial.trial, choice, ...circumstances(shown) };
    await store(answer);
    return { answer };
  }
}
