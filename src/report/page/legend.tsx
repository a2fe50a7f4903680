import { seriesColor } from "../../widgets/chart.js";

/** Paths of the symbols of series, 12 pixels wide. */
const paths: readonly string[] = [
  "M6 1a5 5 0 1 0 0.01 0z",
  "M2 2h8v8h-8z",
  "M6 1l5 9h-10z",
  "M6 0l4 6l-4 6l-4 -6z",
  "M6 0l1.5 4.2h4.4l-3.5 2.7l1.3 4.3l-3.7 -2.6l-3.7 2.6l1.3 -4.3l-3.5 -2.7h4.4z",
  "M4.5 0h3v5l4 3l-2 2.5l-3.5 -2.5l-3.5 2.5l-2 -2.5l4 -3z",
];

/** The names of series with their colors and symbols; nothing for one series. */
export function Legend({ names }: { readonly names: readonly string[] }) {
  if (names.length < 2) return null;
  return (
    <ul class="legend" aria-label="Series">
      {names.map((name, i) => (
        <li key={name}>
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <path d={paths[i % paths.length]} style={{ fill: seriesColor(i) }} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}
