/// <reference lib="dom" />
import { useEffect, useState } from "preact/hooks";
import { addModelFiles } from "./add-models.js";
import { openImage } from "./open-image.js";
import { source } from "./state.js";

/** Sorts dropped files: models are offered, the first image is opened. */
export async function takeFiles(files: readonly File[]): Promise<void> {
  const models = files.filter(({ name }) => /\.(onnx|json)$/i.test(name));
  if (models.length > 0) await addModelFiles(models);
  const image = files.find((file) => !models.includes(file));
  if (image) await openImage(image, image.name);
}

/** Takes an image: dropped anywhere on the page, pasted, picked, or from the camera. */
export function DropZone() {
  const [over, setOver] = useState(false);
  useEffect(() => listen(setOver), []);
  return (
    <div class={over ? "drop over" : "drop"}>
      <p>{source.value ? source.value.name : "Drop or paste an image or a model anywhere."}</p>
      <div class="buttons">
        <FileButton text="Choose a file" />
        {navigator.maxTouchPoints > 0 && <FileButton text="Take a photo" capture />}
      </div>
    </div>
  );
}

/** Listens for files that are dragged over the page or pasted. @returns what ends that. */
function listen(setOver: (over: boolean) => void): () => void {
  const ended = new AbortController();
  const options = { signal: ended.signal };
  document.addEventListener(
    "dragover",
    (event) => {
      event.preventDefault();
      setOver(true);
    },
    options,
  );
  document.addEventListener("dragleave", () => setOver(false), options);
  document.addEventListener(
    "drop",
    (event) => {
      event.preventDefault();
      setOver(false);
      takeFiles([...(event.dataTransfer?.files ?? [])]);
    },
    options,
  );
  document.addEventListener("paste", (event) => takeFiles([...(event.clipboardData?.files ?? [])]), options);
  return () => ended.abort();
}

/** A button that opens the browser's dialog for files, or the camera. */
const FileButton = ({ text, capture = false }: { readonly text: string; readonly capture?: boolean }) => (
  <label class="button">
    {text}
    <input
      type="file"
      class="unseen"
      accept={capture ? "image/*" : "image/*,.onnx,.json"}
      {...(capture && { capture: "environment" })}
      multiple={!capture}
      onChange={({ currentTarget }) => {
        takeFiles([...(currentTarget.files ?? [])]);
        currentTarget.value = "";
      }}
    />
  </label>
);
