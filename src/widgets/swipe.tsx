/// <reference lib="dom" />
import { useEffect, useRef } from "preact/hooks";
import type { Heat, Pane } from "./pane.js";
import { drawPane, useDrawable } from "./pane-canvas.js";
import { followSwipe } from "./swipe-gestures.js";
import { divided, imagePoint, panned, type ViewPlace, zoomed } from "./view-place.js";

interface SwipeProps {
  readonly label: string;
  readonly before: Pane;
  readonly after: Pane;
  /** Whether heat maps lie over the panes that have one. */
  readonly heat: boolean;
  readonly place: ViewPlace;
  onPlace(place: ViewPlace): void;
  /** Called with the image point under the pointer, as shares of its width and height. */
  onPoint(point: { readonly x: number; readonly y: number }): void;
}

/** How far a key moves an enlarged image, as a share of the frame; how far it zooms. */
const [STEP, FACTOR] = [1 / 8, 2];

const KEYS: Readonly<Record<string, (place: ViewPlace) => ViewPlace>> = {
  "+": (place) => zoomed(place, FACTOR),
  "=": (place) => zoomed(place, FACTOR),
  "-": (place) => zoomed(place, 1 / FACTOR),
  "0": (place) => zoomed(place, 0),
};
const SHIFTED: Readonly<Record<string, (place: ViewPlace) => ViewPlace>> = {
  ArrowLeft: (place) => panned(place, STEP, 0),
  ArrowRight: (place) => panned(place, -STEP, 0),
  ArrowUp: (place) => panned(place, 0, STEP),
  ArrowDown: (place) => panned(place, 0, -STEP),
};

/**
 * Two panes under a divider. Keys, while the divider has the focus: arrows move it, + and - zoom, 0 shows the whole image,
 * Shift and arrows move an enlarged image.
 */
export function Swipe({ label, before, after, heat, place, onPlace, onPoint }: SwipeProps) {
  const frame = useRef<HTMLDivElement>(null);
  const latest = useRef({ place, onPlace, onPoint });
  latest.current = { place, onPlace, onPoint };
  useEffect(() => {
    if (!frame.current) return;
    return followSwipe(frame.current, {
      place: () => latest.current.place,
      change: (changed) => {
        // Several events can arrive before the next rendering.
        latest.current.place = changed;
        latest.current.onPlace(changed);
      },
      onPoint: (x, y) => latest.current.onPoint(imagePoint(latest.current.place, x, y)),
    });
  }, []);
  const size = useDrawable(after.image);
  const aspect = size ? size.width / size.height : 1;
  const onKey = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const change = event.shiftKey ? (SHIFTED[event.key] ?? KEYS[event.key]) : KEYS[event.key];
    if (!change) return;
    event.preventDefault();
    onPlace(change(place));
  };
  const layer = { label, heat, place, frame };
  return (
    <div ref={frame} class={place.zoom > 1 ? "viewer-frame enlarged" : "viewer-frame"} style={`--aspect: ${aspect};`}>
      <div class="viewer-side">
        <Layer pane={after} {...layer} />
      </div>
      <div class="viewer-side" style={{ clipPath: `inset(0 ${100 - place.divider}% 0 0)` }}>
        <Layer pane={before} {...layer} />
      </div>
      <input
        type="range"
        min={0}
        max={100}
        step={1}
        value={Math.round(place.divider)}
        aria-label={`Divider between ${before.label} and ${after.label}`}
        aria-valuetext={`${Math.round(place.divider)} % ${before.label}`}
        onInput={({ currentTarget }) => onPlace(divided(place, Number(currentTarget.value)))}
        onKeyDown={onKey}
      />
      <span class="viewer-line" style={{ left: `${place.divider}%` }} />
      <span class="viewer-name" aria-hidden="true">
        {before.label}
      </span>
      <span class="viewer-name right" aria-hidden="true">
        {after.label}
      </span>
    </div>
  );
}

interface LayerProps {
  readonly pane: Pane;
  readonly label: string;
  readonly heat: boolean;
  readonly place: ViewPlace;
  readonly frame: { readonly current: HTMLElement | null };
}

/** A pane as a canvas, with its heat map over it. */
function Layer({ pane, label, heat, place: { zoom, x, y }, frame }: LayerProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawable = useDrawable(pane.image);
  const map: Heat | undefined = heat ? pane.heat : undefined;
  useEffect(() => {
    if (canvas.current && drawable) drawPane(canvas.current, drawable, map);
  }, [drawable, map]);
  // Pixels that are enlarged are shown as they are; those of larger images are averaged.
  const enlarged = zoom * (frame.current?.clientWidth ?? 0) > (drawable?.width ?? 0);
  return (
    <canvas
      ref={canvas}
      class={enlarged ? "pixels" : ""}
      style={{
        width: `${100 * zoom}%`,
        height: `${100 * zoom}%`,
        left: `${50 - 100 * x * zoom}%`,
        top: `${50 - 100 * y * zoom}%`,
      }}
      role="img"
      aria-label={`${label}: ${pane.label}${map ? ", heat map" : ""}`}
    />
  );
}
