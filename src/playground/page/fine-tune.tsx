/// <reference lib="dom" />
import { useState } from "preact/hooks";
import { Choice } from "../../widgets/choice.js";
import { chosenTask, recognizers } from "./state.js";
import { TrainingCurves } from "./training-curves.js";
import { FEWEST, TrainingImages } from "./training-images.js";
import { TrainingOutcome } from "./training-outcome.js";
import { canceled, fineTune, training, trainingImages } from "./tuning.js";

const FIELDS = {
  steps: { title: "Steps", min: 1, max: 2000, step: 1 },
  lr: { title: "Learning rate", min: 1e-6, max: 1e-2, step: "any" },
  lambda: { title: "λ, weight of the recognition loss", min: 0, max: 1, step: "any" },
  crop: { title: "Crop (pixels)", min: 32, max: 256, step: 4 },
} as const;
const DEFAULTS = { steps: 40, lr: 1e-4, lambda: 1e-3, crop: 64 };

/** Fine-tunes a processor in the browser with a recognizer and a few images, without labels. */
export function FineTune() {
  const [settings, setSettings] = useState(DEFAULTS);
  const [chosen, setChosen] = useState(0);
  const recognizer = recognizers.value[chosen] ?? recognizers.value[0];
  const [running, count] = [training.value, trainingImages.value.length];
  return (
    <section class="card" aria-labelledby="tune-title">
      <h2 id="tune-title">Fine-tune here</h2>
      <p>
        Continues the training of the RA processor of “{chosenTask.value?.title ?? "no task"}” on your images. A frozen
        recognizer compares its outputs for processed and original images, so no labels are needed.
      </p>
      <TrainingImages />
      <div class="tune-fields">
        <Choice
          class="field"
          name="Recognizer"
          choices={recognizers.value.map(({ name }, i) => ({ value: i, text: name }))}
          value={chosen}
          onChoose={(value) => setChosen(Number(value))}
        />
        {(Object.keys(FIELDS) as (keyof typeof FIELDS)[]).map((key) => {
          const { title, ...range } = FIELDS[key];
          return (
            <label key={key} class="field">
              {title}
              <input
                type="number"
                {...range}
                value={settings[key]}
                onChange={({ currentTarget }) => setSettings({ ...settings, [key]: Number(currentTarget.value) })}
              />
            </label>
          );
        })}
      </div>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={running !== undefined || count < FEWEST || !recognizer}
          onClick={() => recognizer && fineTune({ recognizer, ...settings })}
        >
          Start training
        </button>
        {running && (
          <button type="button" onClick={() => running.control.abort()}>
            Cancel training
          </button>
        )}
      </div>
      <TrainingCurves />
      {canceled.value && <p class="notice">The training was canceled; nothing has changed.</p>}
      <TrainingOutcome />
    </section>
  );
}
