/// <reference lib="dom" />
import { Viewer } from "../../widgets/viewer.js";
import { saveBlob } from "./download.js";
import { processImage } from "./pipeline.js";
import { source } from "./state.js";
import { result } from "./tuning.js";

/** The first image before and after the training, and its files. */
export function TrainingOutcome() {
  const outcome = result.value;
  if (!outcome) return null;
  const { name, input, before, after, truth, file, card } = outcome;
  const panes = [
    { label: "input", image: input },
    { label: "before", image: before },
    { label: "after", image: after },
    { label: "original", image: truth },
  ];
  return (
    <div class="outcome">
      <h3>Before and after</h3>
      <Viewer key={name} label={`the training ${name}`} panes={panes} shown={[1, 2]} />
      <div class="buttons">
        <button type="button" class="primary" onClick={() => saveBlob(file, `${name}.onnx`)}>
          Download the processor (ONNX)
        </button>
        <button
          type="button"
          onClick={() =>
            saveBlob(new Blob([JSON.stringify(card, null, 2)], { type: "application/json" }), `${name}-card.json`)
          }
        >
          Download its card (JSON)
        </button>
        {source.value && (
          <button type="button" onClick={() => processImage()}>
            Use it on {source.value.name}
          </button>
        )}
      </div>
    </div>
  );
}
