/// <reference lib="dom" />
import { delay } from "./elements.js";
import { retrying, TemporaryFailure, type TroubleDisplay } from "./retrying.js";

/** After this time, in milliseconds, an image that is not decoded is loaded again. */
const TIMEOUT = 60_000;

/** Images of the study, decoded before they are shown. */
export class Images {
  readonly #loading = new Map<string, Promise<HTMLImageElement>>();

  constructor(private readonly trouble: TroubleDisplay) {}

  /** A decoded image. It is loaded again until that succeeds. */
  async load(name: string): Promise<HTMLImageElement> {
    return retrying(() => this.#attempt(name), this.trouble);
  }

  /** Begins to load an image that is needed later. A failure is left to `load`. */
  preload(name: string): void {
    this.#attempt(name).catch(() => {});
  }

  /** Frees the memory of an image that is not needed again. */
  release(name: string): void {
    this.#loading.delete(name);
  }

  #attempt(name: string): Promise<HTMLImageElement> {
    const started = this.#loading.get(name);
    if (started) return started;
    const image = new Image();
    image.src = `/images/${name}`;
    image.draggable = false;
    // A load that hangs neither resolves nor rejects `decode`.
    const loading = Promise.race([image.decode(), delay(TIMEOUT).then(() => Promise.reject())]).then(
      () => image,
      () => {
        this.#loading.delete(name);
        // The browser would join a further load of the same address to one that hangs.
        image.removeAttribute("src");
        throw new TemporaryFailure("offline");
      },
    );
    this.#loading.set(name, loading);
    return loading;
  }
}
