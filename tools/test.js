/**
 * Runs the built tests: all of them, or those of the files and folders given.
 *
 *   npm test                                    every test
 *   npm test -- src/jobs test/resume.test.ts    a folder and a file
 *   npm test -- src/jobs --test-name-pattern=key
 *
 * Arguments that begin with `-` go to `node --test`.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith("-"));
const paths = args.filter((arg) => !arg.startsWith("-"));

function testsIn(path) {
  const built = join(dist, path.replace(/\.ts$/, ".js"));
  const found = statSync(built, { throwIfNoEntry: false });
  if (!found) throw new Error(`no test is built from ${path}: give files and folders from the repository's root`);
  if (found.isFile()) return [built];
  const names = readdirSync(built, { recursive: true }).map(String);
  return names.filter((name) => name.endsWith(".test.js")).map((name) => join(built, name));
}

const files = (paths.length > 0 ? paths : ["."]).flatMap(testsIn).sort();
const reporter = fileURLToPath(new URL("reporter.js", import.meta.url));
const options = [
  "--test",
  "--enable-source-maps",
  // A test, or a file, that hangs fails, instead of the whole run.
  "--test-timeout=1200000",
  // Two files more than cores, because tests also wait: for browsers, processes and files.
  `--test-concurrency=${availableParallelism() + 2}`,
  "--test-reporter",
  reporter,
  "--test-reporter-destination",
  "stdout",
];
// As many files run as there are cores; more threads in each would wait for one another, and threads that wait use a core.
const env = { LEGIBLE_THREADS: "1", ...process.env };
const { status } = spawnSync(process.execPath, [...options, ...flags, ...files], { cwd: dist, env, stdio: "inherit" });
process.exitCode = status ?? 1;
