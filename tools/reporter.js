/** A reporter of node:test: one line for each file, failures in full when they happen, and the totals as the last lines. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The totals that node:test gives at the end, among other notes. */
const total = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d/;

/** The path of a source in the repository; node:test calls it by that of what is built from it, or by its own. */
const sourceOf = (file = "") =>
  file.startsWith(root) ? relative(root, file).replace(/^dist\/(.*)\.js$/, "$1.ts") : file;
const indented = (text) => text.trimEnd().replace(/^/gm, "  ");

export default async function* report(events) {
  /** What each file has printed: shown if a test of it fails. */
  const printed = new Map();
  const totals = new Map();
  const names = [];
  let file;
  let [passed, failed, skipped, milliseconds] = [0, 0, 0, 0];

  function* endFile() {
    if (file === undefined) return;
    if (failed > 0 && printed.has(file)) yield `Output of ${file}:\n${indented(printed.get(file))}\n\n`;
    const counts = [`${passed} passed`, failed && `${failed} FAILED`, skipped && `${skipped} skipped`].filter(Boolean);
    yield `${file.padEnd(44)} ${counts.join(", ")} (${(milliseconds / 1000).toFixed(1)} s)\n`;
    [passed, failed, skipped, milliseconds] = [0, 0, 0, 0];
  }

  for await (const { type, data } of events) {
    if (type === "test:start") names.splice(data.nesting, Number.POSITIVE_INFINITY, data.name);
    if (type === "test:stdout" || type === "test:stderr")
      printed.set(sourceOf(data.file), (printed.get(sourceOf(data.file)) ?? "") + data.message);
    if (type === "test:diagnostic" && total.test(data.message)) totals.set(data.message.split(" ")[0], data.message);
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (sourceOf(data.file) !== file) {
      yield* endFile();
      file = sourceOf(data.file);
    }
    if (data.nesting === 0) milliseconds += data.details.duration_ms;
    const { error, type: kind } = data.details;
    if (data.skip !== undefined) skipped++;
    else if (type === "test:pass") passed += kind === "suite" ? 0 : 1;
    else if (data.todo === undefined) {
      failed += kind === "suite" ? 0 : 1;
      if (error?.failureType === "subtestsFailed") continue;
      yield `\nFAILED ${[...names.slice(0, data.nesting), data.name].map(sourceOf).join(" > ")}\n`;
      yield `  ${file}:${data.line ?? 1}\n${indented(inspect(error?.cause ?? error, { depth: 6 }))}\n\n`;
    }
  }
  yield* endFile();
  for (const message of totals.values()) yield `# ${message}\n`;
}
