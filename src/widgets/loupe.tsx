/// <reference lib="dom" />
import { useEffect, useRef } from "preact/hooks";
import type { Pane } from "./pane.js";
import { useDrawable } from "./pane-canvas.js";

/** A place in an image, as shares of its width and height. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

interface LoupeProps {
  readonly label: string;
  readonly panes: readonly Pane[];
  readonly spot: Spot;
  onKey(event: KeyboardEvent): void;
}

/** The same spot of all panes beside each other, enlarged. Arrow keys move it. */
export const Loupe = ({ label, panes, spot, onKey }: LoupeProps) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the spot
  <section class="loupe" tabIndex={0} aria-label={`Loupe of ${label}; arrow keys move it`} onKeyDown={onKey}>
    {panes.map((pane) => (
      <figure key={pane.label}>
        <Glass pane={pane} spot={spot} />
        <figcaption>{pane.label}</figcaption>
      </figure>
    ))}
  </section>
);

/** The side of a glass in pixels, and of the part that it shows, as a share of the image's shorter side: the same part of every pane. */
const [SIDE, SHARE] = [192, 0.16];

function Glass({ pane, spot }: { readonly pane: Pane; readonly spot: Spot }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawable = useDrawable(pane.image);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !drawable) return;
    const { source, width, height } = drawable;
    const side = SHARE * Math.min(width, height);
    const [left, top] = [spot.x * width - side / 2, spot.y * height - side / 2];
    context.imageSmoothingEnabled = side > SIDE;
    context.clearRect(0, 0, SIDE, SIDE);
    const within = (start: number, length: number) => Math.min(length - side, Math.max(0, start));
    context.drawImage(source, within(left, width), within(top, height), side, side, 0, 0, SIDE, SIDE);
  }, [drawable, spot]);
  return <canvas ref={canvas} width={SIDE} height={SIDE} />;
}
