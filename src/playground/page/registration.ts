/// <reference lib="dom" />

const RELOADED = "legible-isolated";

/**
 * Registers the service worker, after the page has loaded. Where the host sets no isolating headers, the page reloads once, as
 * soon as the service worker can add them.
 */
export async function registerServiceWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("./offline.js");
  await navigator.serviceWorker.ready;
  if (globalThis.crossOriginIsolated || sessionStorage.getItem(RELOADED) !== null) return;
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
}
