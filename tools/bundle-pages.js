/**
 * Bundles the pages that servers of Legible deliver: from `dist/src/ROOM/page/main.js` one `page.js` without imports, from `admin.js`
 * one `admin-page.js`, beside copies of their HTML, CSS and icon, and the licenses of the packages in them.
 */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

for (const room of ["study"]) {
  const [source, built] = [join(root, "src", room, "page"), join(root, "dist", "src", room, "page")];
  const { metafile } = await build({
    entryPoints: { page: join(built, "main.js"), "admin-page": join(built, "admin.js") },
    outdir: built,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "eof",
    metafile: true,
    absWorkingDir: root,
    logLevel: "warning",
  });
  for (const name of readdirSync(source))
    if (/\.(html|css|svg)$/.test(name)) copyFileSync(join(source, name), join(built, name));
  writeFileSync(join(built, "LICENSES.txt"), licensesOf(Object.keys(metafile.inputs)));
}

/** The licenses of the packages that are in the bundles, which have to be distributed with them. */
function licensesOf(inputs) {
  const names = new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
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
