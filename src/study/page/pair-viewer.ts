/// <reference lib="dom" />
import { element } from "./elements.js";
import { strings } from "./strings.js";
import { View } from "./view.js";
import { followGestures } from "./viewer-gestures.js";

/** Images smaller than this on their longer side, in CSS pixels, are enlarged from the start. */
const SMALLEST = 160;

/**
 * Two images of the same size, enlarged and moved together. An image pixel always covers the same whole number of the screen's
 * pixels, so that nothing is interpolated.
 */
export class PairViewer {
  readonly element: HTMLElement;
  readonly #images: readonly HTMLImageElement[];
  readonly #frames: readonly HTMLElement[];
  readonly #level = element("output", {});
  readonly #smaller = tool("−", strings.quality.smaller);
  readonly #larger = tool("+", strings.quality.larger);
  readonly #view: View;
  readonly #ended = new AbortController();

  constructor(left: HTMLImageElement, right: HTMLImageElement) {
    const names = ["A", "B"];
    this.#images = [left, right];
    this.#view = new View(left.naturalWidth, left.naturalHeight, SMALLEST);
    this.#frames = this.#images.map((image, i) => {
      image.alt = strings.quality.image(names[i] ?? "");
      return element(
        "div",
        { class: "frame", tabindex: 0, role: "group", "aria-label": strings.quality.frame(names[i] ?? "") },
        image,
      );
    });
    const sides = this.#frames.map((frame, i) =>
      element(
        "div",
        { class: "side" },
        element("p", { class: "side-name", "aria-hidden": "true" }, names[i] ?? ""),
        frame,
      ),
    );
    const reset = element("button", { type: "button" }, strings.quality.reset);
    const tools = element("div", { class: "tools", role: "group", "aria-label": strings.quality.zoom });
    tools.append(this.#smaller, this.#level, this.#larger, reset);
    this.element = element("div", { class: "viewer" }, element("div", { class: "sides" }, ...sides), tools);
    this.#smaller.addEventListener("click", () => this.#zoom(-1));
    this.#larger.addEventListener("click", () => this.#zoom(1));
    reset.addEventListener("click", () => this.#reset());
  }

  /** Shows the images at their original size; the element has to be in the page. */
  start(): void {
    const { signal } = this.#ended;
    for (const frame of this.#frames) {
      // The style limits the height by the window's.
      frame.style.height = `${this.#view.size().height}px`;
      followGestures(frame, this.#view, () => this.#update(), signal);
    }
    document.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    window.addEventListener("resize", () => this.#update(), { signal });
    this.#reset();
  }

  /** Ends all reactions. */
  stop(): void {
    this.#ended.abort();
  }

  #onKey(event: KeyboardEvent): void {
    // Ctrl with + and - is the zoom of the browser.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "+" || event.key === "=") this.#zoom(1);
    else if (event.key === "-") this.#zoom(-1);
    else if (event.key === "0") this.#reset();
  }

  #zoom(steps: number): void {
    this.#view.zoom(this.#view.level + steps);
    this.#update();
  }

  #reset(): void {
    this.#view.reset();
    this.#update();
  }

  /** Places the images as the view states. */
  #update(): void {
    const [frame] = this.#frames;
    if (!frame) return;
    this.#view.frame = { width: frame.clientWidth, height: frame.clientHeight };
    const { width, height } = this.#view.size();
    const { x, y } = this.#view.position();
    for (const image of this.#images) {
      image.style.width = `${width}px`;
      image.style.height = `${height}px`;
      // Not a transform: browsers round the place of a box to pixels of the screen, but interpolate what is moved by a transform.
      image.style.left = `${x}px`;
      image.style.top = `${y}px`;
    }
    for (const each of this.#frames) each.classList.toggle("movable", this.#view.movable());
    this.#level.textContent = strings.quality.level(this.#view.level);
    this.#smaller.disabled = this.#view.level <= 1;
    this.#larger.disabled = this.#view.level >= View.LARGEST;
  }
}

/** A button with a symbol. */
const tool = (symbol: string, name: string): HTMLButtonElement =>
  element("button", { type: "button", class: "tool", "aria-label": name, title: name }, symbol);
