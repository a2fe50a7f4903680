/// <reference lib="dom" />

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Choice } from "./choice.js";
import { Loupe, type Spot } from "./loupe.js";
import type { Pane } from "./pane.js";
import { Swipe } from "./swipe.js";
import { LARGEST_ZOOM, WHOLE, zoomed } from "./view-place.js";

export interface ViewerProps {
  /** What the panes show: the start of their accessible names. */
  readonly label: string;
  readonly panes: readonly Pane[];
  /** The panes that are shown first, to the left and to the right of the divider. Default: the first two. */
  readonly shown?: readonly [left: number, right: number];
  /** Whether heat maps lie over the panes. Default: the viewer has a checkbox for it. */
  readonly heat?: boolean;
  /** Further choices, beside those of the viewer. */
  readonly children?: ComponentChildren;
}

/** How far an arrow key moves the loupe, as a share of the image. */
const STEP = 0.02;

/**
 * Versions of an image. Two of them lie under a divider, which moves by pointer, touch and keys. A loupe shows the same spot of all
 * of them, enlarged, where the pointer is or the arrow keys lead.
 */
export function Viewer({ label, panes, shown = [0, Math.min(1, panes.length - 1)], heat, children }: ViewerProps) {
  const [[left, right], setShown] = useState<readonly [number, number]>(shown);
  const [place, setPlace] = useState(WHOLE);
  const [checked, setChecked] = useState(false);
  const [spot, setSpot] = useState<Spot>({ x: 0.5, y: 0.5 });
  const [before, after] = [panes[left] ?? panes[0], panes[right] ?? panes.at(-1)];
  if (!before || !after) return null;
  const moveLoupe = (event: KeyboardEvent) => {
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    setSpot({ x: clamp(spot.x + dx * STEP), y: clamp(spot.y + dy * STEP) });
  };
  const choose = { panes, left: panes.indexOf(before), right: panes.indexOf(after), setShown };
  return (
    <div class="viewer">
      <div class="viewer-choices">
        <PaneChoices {...choose} />
        {children}
        {heat === undefined && panes.some((pane) => pane.heat) && (
          <label class="viewer-heat-choice">
            <input
              type="checkbox"
              checked={checked}
              onChange={({ currentTarget }) => setChecked(currentTarget.checked)}
            />
            heat map
          </label>
        )}
        <ZoomTools zoom={place.zoom} onZoom={(factor) => setPlace(zoomed(place, factor))} />
      </div>
      <Swipe {...{ label, before, after, place }} heat={heat ?? checked} onPlace={setPlace} onPoint={setSpot} />
      <Loupe label={label} panes={panes} spot={spot} onKey={moveLoupe} />
    </div>
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

interface ChoicesProps {
  readonly panes: readonly Pane[];
  readonly left: number;
  readonly right: number;
  setShown(shown: readonly [number, number]): void;
}

function PaneChoices({ panes, left, right, setShown }: ChoicesProps) {
  const choices = panes.map(({ label }, i) => ({ value: i, text: label }));
  return (
    <>
      <Choice name="Left" choices={choices} value={left} onChoose={(pane) => setShown([Number(pane), right])} />
      <Choice name="Right" choices={choices} value={right} onChoose={(pane) => setShown([left, Number(pane)])} />
    </>
  );
}

interface ZoomProps {
  readonly zoom: number;
  onZoom(factor: number): void;
}

/** Buttons for the zoom; a pinch and the wheel with Ctrl do the same. */
const ZoomTools = ({ zoom, onZoom }: ZoomProps) => (
  <fieldset class="viewer-zoom">
    <legend>Zoom</legend>
    <button type="button" aria-label="Zoom out" disabled={zoom <= 1} onClick={() => onZoom(0.5)}>
      −
    </button>
    <output>{zoom === 1 ? "fit" : `${Number(zoom.toPrecision(2))} ×`}</output>
    <button type="button" aria-label="Zoom in" disabled={zoom >= LARGEST_ZOOM} onClick={() => onZoom(2)}>
      +
    </button>
  </fieldset>
);
