/// <reference lib="dom" />
import type { ComponentChildren, Ref } from "preact";

export interface ScrollerProps {
  /** What scrolls: its accessible name. */
  readonly label: string;
  readonly class?: string;
  readonly box?: Ref<HTMLElement>;
  onScroll?(): void;
  readonly children: ComponentChildren;
}

/** A region that scrolls, also by keys. */
export function Scroller({ label, class: name = "", box = null, children, onScroll }: ScrollerProps) {
  return (
    <section
      class={`scroller ${name}`}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without it, keys cannot scroll the region in every browser
      tabIndex={0}
      ref={box}
      {...(onScroll && { onScroll })}
    >
      {children}
    </section>
  );
}
