import { useMemo } from "preact/hooks";
import type { Heat, Pane } from "../../widgets/pane.js";
import { Viewer } from "../../widgets/viewer.js";
import { changeMap } from "./change-map.js";
import { showGradients } from "./pipeline.js";
import { gradients, predictions, source, versions } from "./state.js";
import { VersionCard } from "./version-card.js";

/** The versions of the image under a divider, and what recognizers predict for each. */
export function Result() {
  const made = versions.value;
  const change = useMemo(() => changeMap(made), [made]);
  const maps = gradients.value;
  const panes = useMemo(
    () =>
      made.map(({ label, pixels }): Pane => {
        const heat: Heat | undefined = maps.get(label) ?? (label === change?.label ? change : undefined);
        return { label, image: pixels, ...(heat && { heat }) };
      }),
    [made, maps, change],
  );
  if (made.length === 0) return null;
  const right = made.findIndex(({ label }) => label !== "input" && label !== "plain");
  const left = Math.max(
    0,
    made.findIndex(({ label }) => label === "plain"),
  );
  return (
    <section class="card result" aria-labelledby="result-title">
      <h2 id="result-title">Result</h2>
      <Viewer
        key={made.map(({ label }) => label).join()}
        label={source.value?.name ?? "image"}
        panes={panes}
        shown={[left, Math.max(0, right)]}
      />
      <p class="heat-note">
        {maps.size > 0
          ? "Heat map: how strongly each pixel of the recognizer's crop changes its loss; the strongest 1 % are the lightest."
          : change &&
            `Heat map: where “${change.label}” differs from “plain”; the lightest pixels differ by ${change.top} of 255 or more.`}
      </p>
      <div class="buttons">
        {predictions.value.map((judged) => (
          <button key={judged.recognizer.id} type="button" onClick={() => showGradients(judged)}>
            Gradient of {judged.recognizer.name}
          </button>
        ))}
      </div>
      <div class="versions">
        {made.map((version, place) => (
          <VersionCard key={version.label} version={version} place={place} />
        ))}
      </div>
    </section>
  );
}
