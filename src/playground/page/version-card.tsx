import type { Recognition } from "../../browser/api.js";
import { PredictionBars } from "../../widgets/bars.js";
import { download } from "./download.js";
import {
  chosenTask,
  messageOf,
  type Predictions,
  predictions,
  problem,
  source,
  type Version,
  versions,
} from "./state.js";

interface CardProps {
  readonly version: Version;
  /** Index among the versions. */
  readonly place: number;
}

/** A version: its quality, what recognizers predict, and a button to download it. */
export function VersionCard({ version, place }: CardProps) {
  const { label, pixels, quality } = version;
  const reference = versions.value.findIndex((each) => each.label === "original");
  return (
    <article class="version" aria-label={label}>
      <h3>
        {label} <span>{ABOUT[label] ?? ""}</span>
      </h3>
      <p class="figures">
        {pixels.width} × {pixels.height}
        {quality && (
          <>
            {" · "}
            <span>{Number.isFinite(quality.psnr) ? `${quality.psnr.toFixed(2)} dB` : "equal"}</span>
            {" · "}
            <span>SSIM {quality.ssim.toFixed(4)}</span>
          </>
        )}
      </p>
      {predictions.value.map((judged) => (
        <Judged key={judged.recognizer.id} judged={judged} place={place} reference={reference} />
      ))}
      <button type="button" class="small" onClick={() => save(version)}>
        Download PNG<span class="unseen"> of {label}</span>
      </button>
    </article>
  );
}

const ABOUT: Readonly<Record<string, string>> = {
  input: "before processing",
  plain: "trained for people",
  RA: "trained for people and machines",
  original: "before degradation",
};

const save = (version: Version): Promise<void> =>
  download(version.pixels, fileNameOf(version)).catch((error: unknown) => {
    problem.value = messageOf(error);
  });

/** "photo-sr-x4-machines.png" */
function fileNameOf({ label }: Version): string {
  const base = (source.value?.name ?? "image").replace(/\.[a-z0-9]+$/i, "");
  return `${base}-${chosenTask.value?.key ?? ""}-${label.replaceAll(" ", "-")}.png`;
}

interface JudgedProps {
  readonly judged: Predictions;
  readonly place: number;
  /** Index of the original; -1 if there is none. */
  readonly reference: number;
}

/** What a recognizer predicts for a version, and whether that is what it predicts for the original. */
function Judged({ judged: { recognizer, ranked }, place, reference }: JudgedProps) {
  const [mine, original] = [ranked[place] ?? [], ranked[reference]];
  const truth = original?.[0] && nameOf(original[0]);
  const agrees = truth === undefined || place === reference ? undefined : mine[0] && nameOf(mine[0]) === truth;
  return (
    <div class="judged">
      <p>
        {recognizer.name}
        {agrees !== undefined && (
          <span class={agrees ? "agrees" : "differs"}>{agrees ? "✓ as original" : "✗ not as original"}</span>
        )}
      </p>
      <PredictionBars
        predictions={mine.slice(0, 3).map((each) => ({ name: nameOf(each), probability: each.probability }))}
        truth={truth}
      />
    </div>
  );
}

const nameOf = ({ class: index, name }: Recognition): string => name ?? `class ${index}`;
