import { isBuiltin } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** dist/, which holds the compiled sources. */
const dist = fileURLToPath(new URL("..", import.meta.url));

export interface Bundle {
  /** The paths of the modules in it. */
  readonly modules: readonly string[];
  /** What the bundle still imports. */
  readonly imports: readonly string[];
  /** Modules of Node.js that are imported, each with the module that does. A package can declare that browsers need none. */
  readonly builtins: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Bundles a module for a browser into one file, without anything in place of the modules of Node.js.
 * @param contents the source of the module; its relative imports start from dist/.
 */
export async function bundle(contents: string, file: string): Promise<Bundle> {
  const entry = join(dist, "bundled-entry.js");
  const warnings: string[] = [];
  const builtins: string[] = [];
  const result = await build({
    ...{ configFile: false, root: dist, logLevel: "silent", publicDir: false, base: "./" },
    plugins: [
      {
        name: "entry",
        enforce: "pre",
        resolveId(id, importer) {
          if (isBuiltin(id)) builtins.push(`${id} of ${importer?.replace(/.*node_modules\//, "")}`);
          return id === entry ? id : null;
        },
        load: (id) => (id === entry ? contents : null),
      },
    ],
    build: {
      ...{ outDir: dirname(file), emptyOutDir: false, modulePreload: false, minify: false, target: "es2022" },
      rolldownOptions: {
        input: entry,
        preserveEntrySignatures: "strict",
        output: { entryFileNames: basename(file), assetFileNames: "[name][extname]", codeSplitting: false },
        onwarn: ({ message }) => void warnings.push(message),
        checks: { pluginTimings: false }, // which depend on the load of the machine
      },
    },
  });
  if (!("output" in result)) throw new Error("Vite wrote more than one bundle");
  const chunks = result.output.flatMap((part) => (part.type === "chunk" ? [part] : []));
  return {
    modules: chunks.flatMap(({ modules }) => Object.keys(modules)),
    imports: chunks.flatMap((chunk) => chunk.imports),
    ...{ builtins, warnings },
  };
}
