/**
 * Runs the built tests: all of them, or those of the files and folders given.
 *
 *   npm test                                    every test
 *   npm test -- src/jobs test/resume.test.ts    a folder and a file
 *   npm test -- src/jobs --test-name-pattern=key
 */
import { readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import report from "./reporter.js";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const integration = join(dist, "test");

function testsIn(path) {
  const built = join(dist, path.replace(/\.ts$/, ".js"));
  const found = statSync(built, { throwIfNoEntry: false });
  if (!found) throw new Error(`no test is built from ${path}: give files and folders from the repository's root`);
  if (found.isFile()) return [built];
  const names = readdirSync(built, { recursive: true }).map(String);
  return names.filter((name) => name.endsWith(".test.js")).map((name) => join(built, name));
}

/** Those of test/ first: they take longest, and at the end one of them would leave cores without work. */
const inOrder = (a, b) => b.startsWith(integration) - a.startsWith(integration) || (a < b ? -1 : 1);

const { values, positionals } = parseArgs({
  options: { "test-name-pattern": { type: "string", multiple: true } },
  allowPositionals: true,
});
const paths = positionals.length > 0 ? positionals : ["."];
// As many files run as there are cores; more threads in each would wait for one another, and threads that wait use a core.
process.env.LEGIBLE_THREADS ??= "1";
process.chdir(dist);
const events = run({
  files: paths.flatMap(testsIn).sort(inOrder),
  // A test, or a file, that hangs fails, instead of the whole run.
  timeout: 1_200_000,
  // Two files more than cores, because tests also wait: for browsers, processes and files.
  concurrency: availableParallelism() + 2,
  testNamePatterns: values["test-name-pattern"],
});
events.on("test:fail", ({ todo }) => {
  if (todo === undefined) process.exitCode = 1;
});
events.compose(report).pipe(process.stdout);
