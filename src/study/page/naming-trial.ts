/// <reference lib="dom" />
import type { JsPsychPlugin } from "jspsych";
import { delay, element, painted } from "./elements.js";
import { expose, patternMask } from "./exposure.js";
import { NameField } from "./name-field.js";
import { type Asking, asking } from "./plugins.js";
import { circumstances, SHORTEST } from "./response.js";
import { pressed, showLoading, showScreen } from "./screen.js";
import { strings } from "./strings.js";

const info = asking("naming");

/** Times in milliseconds: of the cross before the image, and of the pattern after it, which ends its afterimage. */
const [FIXATION, MASK] = [700, 300];

/** An image that is visible for a short time; then its name is typed or selected. */
export class NamingTrial implements JsPsychPlugin<typeof info> {
  static readonly info = info;

  async trial(display: HTMLElement, { trial, load, store }: Asking<"naming">, onLoad: () => void) {
    showLoading(display);
    const image = await load(trial.image);
    image.alt = strings.naming.image;
    const stage = element("div", { class: "stage" });
    stage.style.height = `${image.naturalHeight}px`;
    const show = element("button", { type: "button", class: "primary", disabled: true }, strings.naming.show);
    const below = element("div", { class: "below" }, element("p", {}, strings.naming.ready), show);
    await showScreen(display, "naming", strings.naming.heading, stage, below);
    onLoad();
    await delay(SHORTEST);
    show.disabled = false;
    show.focus({ preventScroll: true });
    await pressed(show);
    below.replaceChildren(element("p", {}, strings.naming.lookHere));
    const { shown, exposure } = await present(stage, image, trial.exposure);
    const field = new NameField(trial.choices);
    stage.remove();
    below.replaceChildren(field.element);
    await painted();
    field.focus();
    const name = await field.name();
    const answer = { trial: trial.trial, name, exposure, ...circumstances(shown) };
    await store(answer);
    return { answer };
  }
}

/** Shows the cross, the image and the pattern. */
async function present(stage: HTMLElement, image: HTMLImageElement, milliseconds: number) {
  stage.scrollIntoView({ block: "nearest" });
  stage.replaceChildren(element("div", { class: "cross", "aria-hidden": "true" }));
  await delay(FIXATION);
  const mask = patternMask(image.naturalWidth, image.naturalHeight);
  const times = await expose(stage, image, mask, milliseconds);
  await delay(MASK);
  return times;
}
