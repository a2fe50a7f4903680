/// <reference lib="dom" />
import { useState } from "preact/hooks";
import { Scroller } from "../../widgets/scroller.js";

/** A version of an image. */
export interface Pane {
  readonly label: string;
  /** A data URI. */
  readonly image: string;
}

interface SwipeProps {
  readonly label: string;
  readonly panes: readonly Pane[];
  /** The panes that are shown first, to the left and to the right of the divider. */
  readonly shown: readonly [left: number, right: number];
}

/** Pixels of the page for each pixel of the image, beside the image as wide as its place. */
const ZOOMS = [2, 4, 8] as const;

/** Two versions of an image under a divider, which moves by pointer, touch and keys; enlarged ones scroll together. */
export function Swipe({ label, panes, shown }: SwipeProps) {
  const [[left, right], setShown] = useState(shown);
  const [share, setShare] = useState(50);
  const [zoom, setZoom] = useState<number | null>(null);
  const [width, setWidth] = useState(0);
  const [before, after] = [panes[left], panes[right]];
  if (!before || !after) return null;
  const size = zoom === null ? {} : { width: `${zoom * width}px` };
  return (
    <div class="swipe">
      <div class="swipe-choices">
        <PaneChoice name="Left" panes={panes} value={left} onChoose={(pane) => setShown([pane, right])} />
        <PaneChoice name="Right" panes={panes} value={right} onChoose={(pane) => setShown([left, pane])} />
        <label>
          Zoom
          <select
            value={zoom ?? ""}
            onChange={({ currentTarget: { value } }) => setZoom(value === "" ? null : Number(value))}
          >
            <option value="">fit</option>
            {ZOOMS.map((each) => (
              <option key={each} value={each}>{`${each} ×`}</option>
            ))}
          </select>
        </label>
      </div>
      <Scroller label={`${label}, enlarged`} class={zoom === null ? "swipe-frame" : "swipe-frame enlarged"}>
        <div class="swipe-panes" style={size}>
          <img
            src={after.image}
            alt={`${label}: ${after.label}`}
            onLoad={({ currentTarget }) => setWidth(currentTarget.naturalWidth)}
          />
          <img
            class="swipe-left"
            src={before.image}
            alt={`${label}: ${before.label}`}
            style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}
          />
          <span class="swipe-line" style={{ left: `${share}%` }} />
          <input
            type="range"
            min={0}
            max={100}
            step={1}
            value={share}
            aria-label={`Divider between ${before.label} and ${after.label}`}
            aria-valuetext={`${share} % ${before.label}`}
            onInput={({ currentTarget }) => setShare(Number(currentTarget.value))}
          />
        </div>
      </Scroller>
      <p class="swipe-labels" aria-hidden="true">
        <span>{before.label}</span>
        <span>{after.label}</span>
      </p>
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly panes: readonly Pane[];
  readonly value: number;
  onChoose(pane: number): void;
}

const PaneChoice = ({ name, panes, value, onChoose }: ChoiceProps) => (
  <label>
    {name}
    <select value={value} onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}>
      {panes.map(({ label }, i) => (
        <option key={label} value={i}>
          {label}
        </option>
      ))}
    </select>
  </label>
);
