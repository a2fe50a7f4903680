/// <reference lib="dom" />
import { divided, panned, type ViewPlace, zoomed } from "./view-place.js";

/** What gestures read and change. */
export interface SwipeState {
  place(): ViewPlace;
  change(place: ViewPlace): void;
  /** Called with the pointer's point of the frame, as shares of its width and height. */
  onPoint(x: number, y: number): void;
}

/** Pixels around the divider in which a drag moves it, also when the image is enlarged. */
const GRIP = 24;

/**
 * Follows pointers and the wheel: a drag moves the divider, or an enlarged image; two fingers or the wheel with Ctrl zoom; the
 * wheel alone moves an enlarged image. @returns what ends that.
 */
export function followSwipe(frame: HTMLElement, state: SwipeState): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  followPointers(frame, state, signal);
  const wheel = (event: WheelEvent) => {
    const place = state.place();
    // The page scrolls at fit, as it does elsewhere.
    if (!event.ctrlKey && place.zoom === 1) return;
    event.preventDefault();
    const { x, y, width, height } = pointOf(frame, event);
    if (event.ctrlKey) state.change(zoomed(place, 2 ** (-event.deltaY / 100), x, y));
    else state.change(panned(place, -event.deltaX / width, -event.deltaY / height));
  };
  frame.addEventListener("wheel", wheel, { signal, passive: false });
  return () => ended.abort();
}

function followPointers(frame: HTMLElement, state: SwipeState, signal: AbortSignal): void {
  const pointers = new Map<number, PointerEvent>();
  let onDivider = false;
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    frame.setPointerCapture(event.pointerId);
    const { x, width } = pointOf(frame, event);
    const place = state.place();
    onDivider = place.zoom === 1 || Math.abs(x * width - (place.divider / 100) * width) < GRIP;
    if (onDivider && event.pointerType === "mouse") state.change(divided(place, 100 * x));
  };
  const move = (event: PointerEvent) => {
    const { x, y, width, height } = pointOf(frame, event);
    state.onPoint(x, y);
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const place = state.place();
    const other = [...pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    pointers.set(event.pointerId, event);
    if (other) state.change(zoomed(place, distance(event, other) / distance(before, other), x, y));
    else if (onDivider) state.change(divided(place, 100 * x));
    else
      state.change(panned(place, (event.clientX - before.clientX) / width, (event.clientY - before.clientY) / height));
  };
  const up = (event: PointerEvent) => pointers.delete(event.pointerId);
  frame.addEventListener("pointerdown", down, { signal });
  frame.addEventListener("pointermove", move, { signal });
  frame.addEventListener("pointerup", up, { signal });
  frame.addEventListener("pointercancel", up, { signal });
}

const distance = (one: MouseEvent, other: MouseEvent): number =>
  Math.max(1, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));

/** The event's point of the frame, as shares of its width and height, and the frame's size. */
function pointOf(frame: HTMLElement, { clientX, clientY }: MouseEvent) {
  const { left, top, width, height } = frame.getBoundingClientRect();
  return { x: (clientX - left) / width, y: (clientY - top) / height, width, height };
}
