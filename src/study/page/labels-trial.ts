/// <reference lib="dom" />
import type { JsPsychPlugin } from "jspsych";
import { ChoiceBar } from "./choice-bar.js";
import { element } from "./elements.js";
import { type Asking, asking } from "./plugins.js";
import { circumstances } from "./response.js";
import { showLoading, showScreen } from "./screen.js";
import { strings } from "./strings.js";

const info = asking("labels");

/** An image and two lists of labels: which list describes it better. */
export class LabelsTrial implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  async trial(display: HTMLElement, { trial, load, store }: Asking<"labels">, onLoad: () => void) {
    showLoading(display);
    const image = await load(trial.image);
    image.alt = strings.labels.image;
    const figure = element("div", { class: "described" }, image);
    const lists = element("div", { class: "lists" }, list("A", trial.left), list("B", trial.right));
    const comparison = element("div", { class: "comparison" }, figure, lists);
    const bar = new ChoiceBar(strings.labels.choices);
    const shown = await showScreen(display, "labels", strings.labels.heading, comparison, bar.element);
    onLoad();
    const choice = await bar.choose();
    const answer = { trial: trial.trial, choice, ...circumstances(shown) };
    await store(answer);
    return { answer };
  }
}

/** The labels of a side, best first. */
function list(side: "A" | "B", labels: readonly string[]): HTMLElement {
  const id = `list-${side}`;
  const content =
    labels.length === 0
      ? element("p", { class: "none" }, strings.labels.none)
      : element("ol", {}, ...labels.map((label) => element("li", {}, label)));
  return element(
    "section",
    { class: "list", "aria-labelledby": id },
    element("h2", { id }, strings.labels.list(side)),
    content,
  );
}
