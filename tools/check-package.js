/** Packs what is built, without building, and has publint and Are The Types Wrong check the archive. Needs no network. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "legible-package-"));
const npx = (...args) => spawnSync("npx", ["--no-install", ...args], { cwd: root, stdio: "inherit" }).status;

try {
  const packing = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", packing, { cwd: root, encoding: "utf8" }));
  const archive = join(folder, filename);
  const failed = [npx("publint", archive, "--strict"), npx("attw", archive, "--profile", "esm-only")];
  process.exitCode = failed.every((status) => status === 0) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
