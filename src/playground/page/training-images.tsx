/// <reference lib="dom" />
import { useEffect, useRef } from "preact/hooks";
import { drawPane, useDrawable } from "../../widgets/pane-canvas.js";
import { manifest, messageOf, problem } from "./state.js";
import { addTrainingImages, type TrainingImage, training, trainingImages } from "./tuning.js";

/** The fewest images that make sense. */
export const FEWEST = 2;
/** Samples that are added together. */
const SAMPLES = 10;

/** The images to train on, and how to add some. */
export function TrainingImages() {
  const images = trainingImages.value;
  const addSamples = async () => {
    const samples = manifest.value?.samples ?? [];
    const files = samples
      .slice(0, SAMPLES)
      .map(async ({ name, file }) => [name, await (await fetch(file)).blob()] as const);
    try {
      await addTrainingImages(await Promise.all(files));
    } catch (error) {
      problem.value = `cannot load the samples: ${messageOf(error)}`;
    }
  };
  return (
    <div class="tune-images">
      <p role="status">
        {images.length === 0
          ? `No images yet; ten are a good start, ${FEWEST} the fewest.`
          : `${images.length} ${images.length === 1 ? "image" : "images"}`}
      </p>
      <ul class="thumbnails">
        {images.map((image, i) => (
          <li key={`${i} ${image.name}`}>
            <Thumbnail {...image} />
          </li>
        ))}
      </ul>
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
        {images.length > 0 && !training.value && (
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

/** An image, small. */
function Thumbnail({ name, pixels }: TrainingImage) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawable = useDrawable(pixels);
  useEffect(() => {
    if (canvas.current && drawable) drawPane(canvas.current, drawable);
  }, [drawable]);
  return <canvas ref={canvas} role="img" aria-label={name} title={name} />;
}
