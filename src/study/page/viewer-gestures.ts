/// <reference lib="dom" />
import type { View } from "./view.js";

/** The distance of a wheel, in CSS pixels, that changes the level by one. */
const NOTCH = 60;
/** The share of the frame that an arrow key moves the image by. */
const STEP = 1 / 8;

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Moves and enlarges a view by dragging, pinching, the wheel, and arrow keys while the frame has the focus. */
export function followGestures(frame: HTMLElement, view: View, update: () => void, signal: AbortSignal): void {
  followPointers(frame, view, update, signal);
  followWheel(frame, view, update, signal);
  frame.addEventListener(
    "keydown",
    (event) => {
      const direction = arrows[event.key];
      if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      view.move(direction[0] * frame.clientWidth * STEP, direction[1] * frame.clientHeight * STEP);
      update();
    },
    { signal },
  );
}

/** One pointer drags the image, two enlarge it. */
function followPointers(frame: HTMLElement, view: View, update: () => void, signal: AbortSignal): void {
  const pointers = new Map<number, PointerEvent>();
  let pinch: { readonly distance: number; readonly level: number } | undefined;
  const distance = () => {
    const [a, b] = [...pointers.values()];
    return a && b ? Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)) : 1;
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event);
    frame.setPointerCapture(event.pointerId);
    if (pointers.size === 2) pinch = { distance: distance(), level: view.level };
  };
  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    pointers.set(event.pointerId, event);
    if (pointers.size === 1) view.move(event.clientX - before.clientX, event.clientY - before.clientY);
    else if (pointers.size === 2 && pinch) {
      const { x, y } = middle(frame, [...pointers.values()]);
      view.zoom((pinch.level * distance()) / pinch.distance, x, y);
    }
    update();
  };
  const up = (event: PointerEvent) => {
    pointers.delete(event.pointerId);
    pinch = undefined;
  };
  frame.addEventListener("pointerdown", down, { signal });
  frame.addEventListener("pointermove", move, { signal });
  frame.addEventListener("pointerup", up, { signal });
  frame.addEventListener("pointercancel", up, { signal });
}

/** The wheel changes the level. At the smallest level it scrolls the page, as it does elsewhere. */
function followWheel(frame: HTMLElement, view: View, update: () => void, signal: AbortSignal): void {
  let turned = 0;
  const wheel = (event: WheelEvent) => {
    if (view.level <= 1 && event.deltaY > 0 && !event.ctrlKey) return;
    event.preventDefault();
    // A pinch on a touchpad arrives as a wheel with Ctrl and small distances.
    turned -= event.deltaY * (event.ctrlKey ? 5 : 1) * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1);
    if (Math.abs(turned) < NOTCH) return;
    const { x, y } = middle(frame, [event]);
    view.zoom(view.level + Math.sign(turned), x, y);
    turned = 0;
    update();
  };
  frame.addEventListener("wheel", wheel, { signal, passive: false });
}

/** The middle of the events' points, relative to the frame. */
function middle(frame: HTMLElement, events: readonly MouseEvent[]): { readonly x: number; readonly y: number } {
  const border = frame.getBoundingClientRect();
  const [left, top] = [border.left + frame.clientLeft, border.top + frame.clientTop];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { x: mean(events.map((event) => event.clientX)) - left, y: mean(events.map((event) => event.clientY)) - top };
}
