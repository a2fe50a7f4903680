/// <reference lib="dom" />

import type { PlotOptions } from "@observablehq/plot";
import { plot } from "@observablehq/plot";
import { useEffect, useRef, useState } from "preact/hooks";
import { Scroller } from "./scroller.js";

/** The figures of a chart as text, for readers who do not see it. */
export interface ChartFigures {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface ChartProps {
  /** What the chart shows: its accessible name. */
  readonly label: string;
  /** Options of Observable Plot; the width is that of the page. */
  readonly options: Omit<PlotOptions, "width" | "document">;
  readonly figures: ChartFigures;
}

/** Colors of series, in their order; after the last one they repeat. */
const SERIES = 6;
/** The color of a series: a custom property of the theme, so that it follows light and dark. */
export const seriesColor = (place: number): string => `var(--series-${(place % SERIES) + 1})`;

/** Symbols of series, so that they differ without color. */
const symbols = ["circle", "square", "triangle", "diamond", "star", "wye"] as const;
/** The symbol of a series. */
export const seriesSymbol = (place: number): (typeof symbols)[number] => symbols[place % symbols.length] ?? "circle";

/** Pixels between marks of series that have the same x. */
export const APART = 6;

/** Pixels: narrower charts scroll, wider ones are hard to read. */
const [NARROWEST, WIDEST] = [280, 1120];

/** A chart of Observable Plot. It is drawn again when its options or the width of the page change. */
export function Chart({ label, options, figures }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  useEffect(() => {
    if (width > 0) frame.current?.replaceChildren(drawn(label, { ...options, width }));
  }, [label, options, width]);
  return (
    <div class="chart">
      <div class="chart-frame" ref={frame} />
      <Figures {...figures} label={label} />
    </div>
  );
}

/** The width of an element, in steps of 10 pixels so that a scroll bar changes nothing; 0 before it is known. */
function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const measure = () => {
      const found = Math.floor((element.current?.clientWidth ?? 0) / 10) * 10;
      setWidth(Math.min(WIDEST, Math.max(NARROWEST, found)));
    };
    const observer = new ResizeObserver(measure);
    if (element.current) observer.observe(element.current);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/**
 * The chart as an element. Its style elements are removed before it is part of the page, because a content security policy
 * would refuse them; chart.css has their rules.
 */
function drawn(label: string, options: PlotOptions): Element {
  const chart = plot({ className: "plot", ...options });
  for (const style of chart.querySelectorAll("style")) style.remove();
  const image = chart.matches("svg") ? chart : (chart.querySelector("svg") ?? chart);
  image.setAttribute("role", "img");
  // Names of its marks, such as "dot", which are parts of one image.
  for (const mark of image.querySelectorAll("[aria-label]")) mark.removeAttribute("aria-label");
  image.setAttribute("aria-label", label);
  return chart;
}

/** A table that is closed at first. Its rows are made when it is opened, because live charts change often. */
function Figures({ titles, rows, label }: ChartFigures & { readonly label: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="chart-figures" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Figures of this chart</summary>
      {open && (
        <Scroller class="chart-scroll" label={`Figures: ${label}`}>
          <table>
            <caption class="unseen">{label}</caption>
            <thead>
              <tr>
                {titles.map((title) => (
                  <th scope="col" key={title}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((cells, row) => (
                <tr key={`${row}`}>
                  {cells.map((cell, column) => (
                    <td key={titles[column]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroller>
      )}
    </details>
  );
}
