/// <reference lib="dom" />
import { Controls } from "./controls.js";
import { DeviceNote } from "./device-note.js";
import { DropZone } from "./drop-zone.js";
import { FineTune } from "./fine-tune.js";
import { OwnModels } from "./own-models.js";
import { Result } from "./result.js";
import { Samples } from "./samples.js";
import { library, problem, source } from "./state.js";
import { Status } from "./status.js";

/** The page: an image, what is done with it, what people and machines see, and training. */
export function App() {
  const ready = library.value !== undefined;
  return (
    <>
      <header class="top">
        <h1>
          Legible <span>playground</span>
        </h1>
        <p>See what people and machines see, before and after processing. Images and models stay on this machine.</p>
        <DeviceNote />
      </header>
      <main>
        <Status />
        {!ready && <NotReady />}
        {ready && (
          <div class="steps">
            <section aria-labelledby="image-title" class="card">
              <h2 id="image-title">Image</h2>
              <DropZone />
              <Samples />
            </section>
            <Controls />
          </div>
        )}
        {source.value && <Result />}
        {ready && <OwnModels />}
        {ready && <FineTune />}
      </main>
      <footer class="bottom">
        The page has no other server than its own. <a href="LICENSES.txt">Licenses of the software in it</a>
      </footer>
    </>
  );
}

/** The page before its library is loaded, or when that failed. */
const NotReady = () => (
  <section class="card" aria-label="Not ready">
    <div class="waiting">
      {problem.value === undefined ? (
        <p>The page loads its networks and WebAssembly, and keeps them for use without a network.</p>
      ) : (
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      )}
    </div>
  </section>
);
