/// <reference lib="dom" />
import { useState } from "preact/hooks";
import { Viewer } from "../../widgets/viewer.js";
import { saveBlob } from "./download.js";
import { manifest, recognizers } from "./state.js";
import { TrainingCurves } from "./training-curves.js";
import { addTrainingImages, fineTune, result, training, trainingImages } from "./tuning.js";

/** The fewest images that make sense. */
const FEWEST = 2;
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
        Continues the training of the processor for machines on your images. A frozen recognizer compares its outputs
        for processed and original images, so no labels are needed.
      </p>
      <TrainingImages />
      <div class="tune-fields">
        <label class="field">
          Recognizer
          <select value={chosen} onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}>
            {recognizers.value.map(({ name }, i) => (
              <option key={name} value={i}>
                {name}
              </option>
            ))}
          </select>
        </label>
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
      <Outcome />
    </section>
  );
}

/** The images to train on, and how to add some. */
function TrainingImages() {
  const images = trainingImages.value;
  const addSamples = async () => {
    const samples = manifest.value?.samples ?? [];
    const files = samples.slice(0, 10).map(async ({ name, file }) => [name, await (await fetch(file)).blob()] as const);
    await addTrainingImages(await Promise.all(files));
  };
  return (
    <div class="tune-images">
      <p role="status">
        {images.length === 0
          ? `No images yet; ten are a good start, ${FEWEST} the fewest.`
          : `${images.length} ${images.length === 1 ? "image" : "images"}: ${images.map(({ name }) => name).join(", ")}`}
      </p>
      <div class="buttons">
        <label class="button">
          Add images
          <input
            type="file"
            class="unseen"
            accept="image/*"
            multiple
            onChange={({ currentTarget }) =>
              addTrainingImages([...(currentTarget.files ?? [])].map((file) => [file.name, file] as const))
            }
          />
        </label>
        <button type="button" onClick={addSamples}>
          Add samples
        </button>
        {images.length > 0 && (
          <button
            type="button"
            onClick={() => {
              trainingImages.value = [];
            }}
          >
            Remove all
          </button>
        )}
      </div>
    </div>
  );
}

/** The first image before and after the training, and its files. */
function Outcome() {
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
      </div>
    </div>
  );
}
