import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, UserError } from "../errors.js";
import { readRegular } from "../platform/node/files.js";
import { mediaTypeOf } from "../serving/media-types.js";
import { modelEntries, type PlaygroundModels } from "./models.js";
import { sampleEntries } from "./samples.js";

/** A file of the playground. */
export interface SiteFile {
  /** Its media type. */
  readonly type: string;
  read(): Promise<Uint8Array>;
}

/** The files of the playground by their addresses, relative to the page; "index.html" is the page. */
export type Site = ReadonlyMap<string, SiteFile>;

const PAGE_FILES = [
  "index.html",
  "page.js",
  "page.css",
  "icon.svg",
  "manifest.webmanifest",
  "offline.js",
  "LICENSES.txt",
];
/** dist/, which holds the bundles. */
const dist = fileURLToPath(new URL("../..", import.meta.url));
/** The build of ONNX Runtime for WebGPU: large, and useless offline on machines that did not load it. */
const WEBGPU = /asyncify/;

/**
 * All files of the playground: the page, the library for browsers, models, samples, `models.json` (a `PlaygroundManifest`), and
 * `offline.json`, which lists what the page needs without a network.
 * @throws UserError when a model cannot be read or the build lacks a file.
 */
export async function playgroundSite(models: PlaygroundModels): Promise<Site> {
  const library = (await readdir(join(dist, "web")).catch(() => [])).map(
    (name) => [`legible/${name}`, join(dist, "web", name)] as const,
  );
  if (!library.some(([address]) => address === "legible/worker.js"))
    throw new UserError("the library for browsers is not built; build it with npm run build");
  const page = PAGE_FILES.map((name) => [name, join(dist, "src", "playground", "page", name)] as const);
  const [listed, samples] = [await modelEntries(models), await sampleEntries()];
  const manifest = { ...listed.manifest, samples: samples.listed };
  const files = new Map<string, SiteFile>();
  for (const [address, file] of [...page, ...library, ...listed.files]) files.set(address, onDisk(file));
  for (const [address, content] of samples.files) files.set(address, inMemory(address, content));
  files.set("models.json", inMemory("models.json", jsonOf(manifest)));
  const offline = [...files.keys()].filter((address) => !WEBGPU.test(address));
  files.set("offline.json", inMemory("offline.json", jsonOf({ version: versionOf(manifest), files: offline })));
  return files;
}

const onDisk = (file: string): SiteFile => ({
  type: mediaTypeOf(file),
  read: () =>
    readRegular(file).catch((error) => {
      throw new UserError(
        `cannot read ${basename(file)} of the playground: ${messageOf(error)}; build it with npm run build`,
      );
    }),
});

const inMemory = (address: string, content: Uint8Array): SiteFile => ({
  type: mediaTypeOf(address),
  read: async () => content,
});

const jsonOf = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 1)}\n`);

const versionOf = (manifest: object): string =>
  createHash("sha256").update(JSON.stringify(manifest)).digest("hex").slice(0, 16);
