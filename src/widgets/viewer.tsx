/// <reference lib="dom" />
import { useEffect, useRef, useState } from "preact/hooks";
import { Loupe, type Spot } from "./loupe.js";
import type { Heat, Pane } from "./pane.js";
import { heatCanvas, useDrawable } from "./pane-canvas.js";
import { Scroller } from "./scroller.js";

export interface ViewerProps {
  /** What the panes show: the start of their accessible names. */
  readonly label: string;
  readonly panes: readonly Pane[];
  /** The panes that are shown first, to the left and to the right of the divider. Default: the first two. */
  readonly shown?: readonly [left: number, right: number];
}

/** Sizes of the image, as multiples of the place that it has. */
const ZOOMS = [1, 2, 4, 8] as const;
/** How far an arrow key moves the loupe, as a share of the image. */
const STEP = 0.02;

/**
 * Versions of an image. Two of them lie under a divider, which moves by pointer, touch and keys. A loupe shows the same spot of all
 * of them, enlarged, where the pointer is or the arrow keys lead.
 */
export function Viewer({ label, panes, shown = [0, Math.min(1, panes.length - 1)] }: ViewerProps) {
  const [[left, right], setShown] = useState<readonly [number, number]>(shown);
  const [share, setShare] = useState(50);
  const [zoom, setZoom] = useState<number>(1);
  const [heat, setHeat] = useState(false);
  const [spot, setSpot] = useState<Spot>({ x: 0.5, y: 0.5 });
  const [before, after] = [panes[left] ?? panes[0], panes[right] ?? panes.at(-1)];
  if (!before || !after) return null;
  const move = (event: KeyboardEvent) => {
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    setSpot({ x: clamp(spot.x + dx * STEP), y: clamp(spot.y + dy * STEP) });
  };
  return (
    <div class="viewer">
      <div class="viewer-choices">
        <PaneChoice
          name="Left"
          panes={panes}
          value={panes.indexOf(before)}
          onChoose={(pane) => setShown([pane, right])}
        />
        <PaneChoice
          name="Right"
          panes={panes}
          value={panes.indexOf(after)}
          onChoose={(pane) => setShown([left, pane])}
        />
        <label>
          Zoom
          <select value={zoom} onChange={({ currentTarget }) => setZoom(Number(currentTarget.value))}>
            {ZOOMS.map((each) => (
              <option key={each} value={each}>
                {each === 1 ? "fit" : `${each} ×`}
              </option>
            ))}
          </select>
        </label>
        {panes.some((pane) => pane.heat) && (
          <label class="viewer-heat-choice">
            <input type="checkbox" checked={heat} onChange={({ currentTarget }) => setHeat(currentTarget.checked)} />
            heat map
          </label>
        )}
      </div>
      <Scroller label={`${label}, enlarged`} class={zoom === 1 ? "viewer-frame" : "viewer-frame enlarged"}>
        <div class="viewer-stage" style={{ width: `${100 * zoom}%` }} onPointerMove={(event) => setSpot(spotOf(event))}>
          <Layer pane={after} label={label} heat={heat} />
          <Layer pane={before} label={label} heat={heat} clip={share} />
          <span class="viewer-line" style={{ left: `${share}%` }} />
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
      <p class="viewer-labels" aria-hidden="true">
        <span>{before.label}</span>
        <span>{after.label}</span>
      </p>
      <Loupe label={label} panes={panes} spot={spot} onKey={move} />
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

function spotOf({
  currentTarget,
  clientX,
  clientY,
}: {
  currentTarget: HTMLElement;
  clientX: number;
  clientY: number;
}): Spot {
  const { left, top, width, height } = currentTarget.getBoundingClientRect();
  return { x: clamp((clientX - left) / width), y: clamp((clientY - top) / height) };
}

interface LayerProps {
  readonly pane: Pane;
  readonly label: string;
  readonly heat: boolean;
  /** The percentage of the width that is visible, from the left. Default: all of it. */
  readonly clip?: number;
}

/** A pane as a canvas, or its heat map. */
function Layer({ pane, label, heat, clip }: LayerProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawable = useDrawable(pane.image);
  const map: Heat | undefined = heat ? pane.heat : undefined;
  useEffect(() => {
    const target = canvas.current;
    if (!target || !drawable) return;
    const { source, width, height } = map ? { source: heatCanvas(map), ...map } : drawable;
    Object.assign(target, { width, height });
    target.getContext("2d")?.drawImage(source, 0, 0, width, height);
  }, [drawable, map]);
  const name = `${label}: ${pane.label}${map ? ", heat map" : ""}`;
  const style = clip === undefined ? {} : { clipPath: `inset(0 ${100 - clip}% 0 0)` };
  return (
    <canvas
      ref={canvas}
      class={clip === undefined ? "viewer-under" : "viewer-over"}
      style={style}
      role="img"
      aria-label={name}
    />
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
