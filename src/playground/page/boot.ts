/// <reference lib="dom" />
import { batch } from "@preact/signals";
import type { OpenLegible } from "../../browser/api.js";
import type { PlaygroundManifest } from "../manifest.js";
import { registerServiceWorker } from "./registration.js";
import { activity, library, manifest, messageOf, online, problem, processors, recognizers } from "./state.js";

/** Opens the library and reads what models there are. */
export async function start(): Promise<void> {
  const watch = () => {
    online.value = navigator.onLine;
  };
  watch();
  addEventListener("online", watch);
  addEventListener("offline", watch);
  if (typeof WebAssembly !== "object") {
    problem.value = "This browser has no WebAssembly, which the page needs. Open it in a newer browser.";
    return;
  }
  activity.value = { text: "loading the library (up to 14 MB the first time)" };
  try {
    // The address is computed, so that the library stays a file of its own.
    const folder = new URL("legible/", document.baseURI);
    const { openLegible } = (await import(new URL("legible.js", folder).href)) as { openLegible: OpenLegible };
    const [opened, found] = await Promise.all([openLegible({ base: folder }), readManifest()]);
    batch(() => {
      library.value = opened;
      manifest.value = found;
      processors.value = found.processors.map(({ file, bytes: _, ...listed }) => ({ ...listed, source: file }));
      recognizers.value = found.recognizers.map(({ name, file, sidecar, source }) => {
        const own = source === "yours";
        return { name, own, source: file, ...(sidecar !== undefined && { sidecar }) };
      });
    });
  } catch (error) {
    problem.value = `The page could not start: ${messageOf(error)}`;
  } finally {
    activity.value = undefined;
  }
  // Without it the page works, but not offline.
  registerServiceWorker().catch((error: unknown) => console.warn(`no service worker: ${error}`));
}

async function readManifest(): Promise<PlaygroundManifest> {
  const response = await fetch("models.json");
  if (!response.ok) throw new Error(`models.json: the server answers ${response.status}`);
  // A browser may report a network where the page's server cannot be reached; the service worker knows.
  if (response.headers.has("legible-stored")) online.value = false;
  return response.json();
}
