import type { Adapter } from "./adapter.js";
import { anchors } from "./anchors.js";
import { boxesAndScores } from "./boxes-and-scores.js";
import { grid } from "./grid.js";
import { levels } from "./levels.js";
import { rows } from "./rows.js";
import { selected } from "./selected.js";

/** Every adapter, in the order in which they are tried. */
export const adapters: readonly Adapter[] = [selected, boxesAndScores, rows, grid, levels, anchors];
