import type { Adapter } from "./adapter.js";
import { anchors } from "./anchors.js";
import { grid } from "./grid.js";

/** Every adapter, in the order in which they are tried. */
export const adapters: readonly Adapter[] = [grid, anchors];
