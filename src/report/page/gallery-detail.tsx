import { numberText } from "../../number-text.js";
import { PredictionBars } from "../../widgets/bars.js";
import { Viewer } from "../../widgets/viewer.js";
import type { GalleryItem, GalleryPart, GalleryPrediction } from "../document.js";

interface DetailProps {
  readonly part: GalleryPart;
  readonly item: GalleryItem;
  /** Index of the pair that the viewer shows first. */
  readonly pair: number;
}

/** One image: its versions under a divider, and what each judge predicts for each. */
export function GalleryDetail({ part, item, pair }: DetailProps) {
  const { rows, judges, names, pairs } = part;
  const { file, truth, views } = item;
  const [row = 0, over = 0] = pairs[pair] ?? [];
  const shown = views.flatMap((view, place) => (view ? [{ ...view, place, label: labelOf(rows[place]) }] : []));
  const paneOf = (place: number) =>
    Math.max(
      0,
      shown.findIndex((view) => view.place === place),
    );
  return (
    <article class="opened" aria-label={file}>
      <h3>
        {file} <span class="totals">{names[truth]}</span>
      </h3>
      <div class="opened-parts">
        <Viewer label={file} panes={shown} shown={[paneOf(over), paneOf(row)]} />
        <div class="opened-predictions">
          {shown.map(({ place, label, psnr, predictions }) => (
            <section key={place} aria-label={label}>
              <h4>
                {label}
                <span class="totals">{psnr === null ? "" : `${numberText(psnr, 2)} dB`}</span>
              </h4>
              {predictions.map((prediction, judge) => (
                <Predicted
                  key={judges[judge]}
                  judge={judges[judge] ?? ""}
                  prediction={prediction}
                  truth={truth}
                  part={part}
                />
              ))}
            </section>
          ))}
        </div>
      </div>
    </article>
  );
}

/** What a row of an evaluation is. */
const labelOf = (row = ""): string =>
  row === "none" ? "none (interpolated)" : row === "clean" ? "clean (original)" : row;

interface PredictedProps {
  readonly judge: string;
  readonly prediction: GalleryPrediction;
  readonly truth: number;
  readonly part: GalleryPart;
}

/** The first classes of a judge with bars of their shares. */
function Predicted({ judge, prediction: { ranked, right }, truth, part: { names } }: PredictedProps) {
  return (
    <div class="predicted">
      <p class={right ? "right" : "wrong"}>
        <span aria-hidden="true">{right ? "✓ " : "✗ "}</span>
        {judge}
        <span class="unseen">{right ? " is right" : " is wrong"}</span>
      </p>
      <PredictionBars
        predictions={ranked.map(([name, probability]) => ({ name: names[name] ?? "", probability }))}
        truth={names[truth]}
      />
    </div>
  );
}
