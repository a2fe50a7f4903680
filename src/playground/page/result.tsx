/// <reference lib="dom" />
import { useEffect, useMemo } from "preact/hooks";
import type { Heat, Pane } from "../../widgets/pane.js";
import { Viewer } from "../../widgets/viewer.js";
import { changeMap } from "./change-map.js";
import { HeatChoice, HeatNote } from "./heat-choice.js";
import { gradients, heatChoice } from "./heat-maps.js";
import { processImage } from "./pipeline.js";
import { activity, source, versions } from "./state.js";
import { VersionCard } from "./version-card.js";

/** The versions of the image under a divider, and what recognizers predict for each. */
export function Result() {
  const made = versions.value;
  const change = useMemo(() => changeMap(made), [made]);
  const [maps, choice] = [gradients.value, heatChoice.value];
  const panes = useMemo(
    () =>
      made.map(({ label, pixels }): Pane => {
        const heat: Heat | undefined = choice === "change" && label === change?.label ? change : maps.get(label);
        return { label, image: pixels, ...(heat && { heat }) };
      }),
    [made, maps, choice, change],
  );
  useEffect(showResult, [source.value]);
  const labels = made.map(({ label }) => label);
  const right = labels.findIndex((label) => label !== "input" && label !== "plain");
  const shown = [Math.max(0, labels.indexOf("plain")), Math.max(0, right)] as const;
  return (
    <section class="card result" id="result" aria-labelledby="result-title" aria-busy={activity.value !== undefined}>
      <h2 id="result-title" tabIndex={-1}>
        Result
      </h2>
      {made.length === 0 ? (
        <Waiting />
      ) : (
        <div class="result-parts">
          <div>
            <Viewer
              key={labels.join()}
              label={source.value?.name ?? "image"}
              panes={panes}
              shown={shown}
              heat={choice !== "none"}
            >
              <HeatChoice change={change} />
            </Viewer>
            <HeatNote change={change} />
          </div>
          <div class="versions">
            {made.map((version, place) => (
              <VersionCard key={version.label} version={version} place={place} />
            ))}
          </div>
        </div>
      )}
    </section>
  );
}

/** Scrolls to the result of a new image where it lies below what is visible, as on phones. */
function showResult(): void {
  const place = document.getElementById("result");
  if (!place || place.getBoundingClientRect().top < 0.7 * innerHeight) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  place.scrollIntoView({ behavior: calm ? "auto" : "smooth" });
}

/** The place of the result while there is none. */
const Waiting = () => (
  <div class="waiting">
    {activity.value ? (
      <p>The result appears here.</p>
    ) : (
      <button type="button" onClick={() => processImage()}>
        Process the image
      </button>
    )}
  </div>
);
