/**
 * Bundles the pages that servers of Legible deliver: from `dist/src/ROOM/page/main.js` one `page.js` without imports, from `admin.js`
 * one `admin-page.js`, beside copies of the pages' HTML, CSS and icon.
 */
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

for (const room of ["study"]) {
  const [source, built] = [join(root, "src", room, "page"), join(root, "dist", "src", room, "page")];
  await build({
    entryPoints: { page: join(built, "main.js"), "admin-page": join(built, "admin.js") },
    outdir: built,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "eof",
    logLevel: "warning",
  });
  for (const name of readdirSync(source))
    if (/\.(html|css|svg)$/.test(name)) copyFileSync(join(source, name), join(built, name));
}
