/// <reference lib="dom" />
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { useLayoutEffect, useState } from "preact/hooks";

/** The rows that are part of the page, and the heights in pixels of those before and after them. */
export interface VirtualRows {
  readonly first: number;
  readonly end: number;
  readonly before: number;
  readonly after: number;
}

/** Rows beyond each edge, which are there before they are seen. */
const OVERSCAN = 6;

/** The rows of one height that are visible in a box that scrolls. */
export function useVirtualRows(
  count: number,
  height: number,
  box: { readonly current: HTMLElement | null },
): VirtualRows {
  const [, draw] = useState(0);
  const options = {
    count,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => draw((times) => times + 1),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, Element>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  const items = virtualizer.getVirtualItems();
  const [first = 0, end = 0] = [items[0]?.index, (items.at(-1)?.index ?? -1) + 1];
  return { first, end, before: first * height, after: (count - end) * height };
}
