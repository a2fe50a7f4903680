import type { GalleryItem, GalleryPart } from "../document.js";
import { numberText } from "./numbers.js";

interface DetailProps {
  readonly part: GalleryPart;
  readonly item: GalleryItem;
  /** Index of the pair that the viewer shows first. */
  readonly pair: number;
}

/** One image: its rows in the viewer, and what each judge predicts for each. */
export function GalleryDetail({ part: { rows, judges, names }, item: { file, truth, views } }: DetailProps) {
  return (
    <article class="opened" aria-label={file}>
      <h3>
        {file} <span class="totals">{names[truth]}</span>
      </h3>
      <div class="views">
        {views.map(
          (view, row) =>
            view && (
              <figure key={rows[row]}>
                <img src={view.image} alt={`${file}: ${rows[row]}`} />
                <figcaption>
                  {rows[row]}
                  {view.psnr !== null && ` ${numberText(view.psnr, 2)} dB`}
                </figcaption>
                {judges.map((judge, j) => (
                  <p key={judge}>
                    {judge}: {view.predictions[j]?.ranked.map(([name]) => names[name]).join(", ")}
                  </p>
                ))}
              </figure>
            ),
        )}
      </div>
    </article>
  );
}
