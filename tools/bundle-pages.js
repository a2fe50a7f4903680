/**
 * Bundles what runs in browsers with Vite, each entry as one script without imports. The pages of a room, `dist/src/ROOM/page/main.js`,
 * become `page.js` beside copies of their HTML, CSS and icons; the library for browsers becomes `dist/web/`. The licenses of the
 * packages in the bundles lie beside them.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const RUNTIME = "onnxruntime-web/dist/ort-wasm-simd-threaded";
const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** Folders of compiled sources, their entries by the names of the bundles, and the folder of the bundles. */
const bundles = [
  { from: "src/study/page", entries: { page: "main.js", "admin-page": "admin.js" }, to: "src/study/page" },
  { from: "src/report/page", entries: { page: "main.js" }, to: "src/report/page", styles: ["widgets", "report/page"] },
  {
    ...{
      from: "src/playground/page",
      entries: { page: "main.js", offline: "service-worker.js" },
      to: "src/playground/page",
    },
    styles: ["widgets", "playground/page"],
  },
  {
    ...{ from: "src/browser", entries: { legible: "legible.js", worker: "worker.js" }, to: "web" },
    // Threads start from the `.mjs` files, which therefore lie beside the `.wasm` files.
    files: ["", ".asyncify"].flatMap((build) => [`${RUNTIME}${build}.mjs`, `${RUNTIME}${build}.wasm`]),
  },
];

for (const { from, entries, to, styles, files = [] } of bundles) {
  const [source, built, out] = [join(root, from), join(root, "dist", from), join(root, "dist", to)];
  const modules = [];
  for (const [name, file] of Object.entries(entries)) modules.push(...(await bundled(join(built, file), name, out)));
  for (const name of readdirSync(source))
    if (/\.(html|css|svg|webmanifest)$/.test(name)) copyFileSync(join(source, name), join(out, name));
  for (const file of files) copyFileSync(join(root, "node_modules", file), join(out, basename(file)));
  if (styles) writeFileSync(join(out, "page.css"), stylesOf(styles));
  writeFileSync(join(out, "LICENSES.txt"), licensesOf(modules));
}

/**
 * Writes `OUT/NAME.js`, and nothing else.
 * @returns the paths of the modules in it.
 */
async function bundled(entry, name, out) {
  const { output } = await build({
    configFile: false,
    root,
    logLevel: "warn",
    publicDir: false,
    base: "./",
    resolve: { conditions: ["browser", "module", "import", "onnxruntime-web-use-extern-wasm", "default"] },
    build: {
      outDir: out,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: {
        input: { [name]: entry },
        preserveEntrySignatures: "strict",
        output: {
          entryFileNames: "[name].js",
          assetFileNames: "[name][extname]",
          codeSplitting: false,
          comments: { legal: true },
        },
      },
    },
  });
  return output.flatMap(({ modules = {} }) => Object.keys(modules));
}

/** The style sheets of rooms, one after the other in the order of their names. */
function stylesOf(rooms) {
  const folders = rooms.map((room) => join(root, "src", room));
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const styles = files.filter((file) => file.endsWith(".css"));
  return styles.map((file) => readFileSync(file, "utf8")).join("\n");
}

/** The licenses of the packages that are in the bundles, which have to be distributed with them. */
function licensesOf(modules) {
  const names = new Set(modules.flatMap((path) => PACKAGE.exec(path)?.[1] ?? []));
  const sections = [...names].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license, author, homepage } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[sc]e/i.test(each));
    const holder = typeof author === "string" ? author : author?.name;
    const text = file
      ? readFileSync(join(folder, file), "utf8")
      : [license, holder, homepage].filter(Boolean).join(", ");
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  return sections.join("\n----\n\n");
}
