/** Removes what an earlier build left in dist/ for sources that are gone, so that no stale test or module runs. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const built = /\.(?:js|js\.map|d\.ts|d\.ts\.map)$/;

for (const name of existsSync(dist) ? readdirSync(dist, { recursive: true }) : []) {
  const path = String(name);
  const sources = [".ts", ".tsx"].map((extension) => join(root, path.replace(built, extension)));
  if (built.test(path) && !sources.some((source) => existsSync(source))) rmSync(join(dist, path));
}
