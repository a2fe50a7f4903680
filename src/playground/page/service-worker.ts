/// <reference lib="webworker" />

/*
 * Serves the playground without a network, and isolates it from other origins where the host cannot set headers: threads of
 * WebAssembly need that. Bundled as `offline.js`, beside the page.
 */
const worker = globalThis as unknown as ServiceWorkerGlobalScope;

const CACHE = "legible-playground";
/** The answer of the network is preferred, so that a new version is seen at once; after this many milliseconds the stored one serves. */
const PATIENCE = 3_000;

/** Marks answers that were stored, because the network gave none. */
const STORED = { "legible-stored": "yes" };

const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

worker.addEventListener("install", (event) => {
  event.waitUntil(storeAll().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(worker.registration.scope)) event.respondWith(answer(event.request));
});

/** Stores what the page needs offline. The browser's own cache has most of it already. */
async function storeAll(): Promise<void> {
  const { files } = (await (await fetch("offline.json")).json()) as { files: string[] };
  const cache = await caches.open(CACHE);
  await cache.addAll(["./", ...files]);
}

/** The network's answer, which is stored; without a network, or when it is slow, the stored one. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const stored = await cache.match(request, { ignoreSearch: true, ignoreVary: true });
  const fresh = fetch(request).then(async (response) => {
    if (response.ok && response.status === 200) await cache.put(request, response.clone());
    return response;
  });
  if (stored === undefined) return isolated(await fresh);
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(stored), PATIENCE));
  const failed = fresh.catch(() => withHeaders(stored, STORED));
  return isolated(await Promise.race([failed, late]));
}

const isolated = (response: Response): Response => withHeaders(response, ISOLATION);

function withHeaders(response: Response, added: Readonly<Record<string, string>>): Response {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  const body = response.status === 204 || response.status === 304 ? null : response.body;
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}
