/** A reporter of node:test: one line for each file, failures in full when they happen, and the totals as the last lines. */
import { relative } from "node:path";
import { inspect } from "node:util";

const dist = new URL("../dist", import.meta.url).pathname;
/** The totals that node:test gives at the end, among other notes. */
const total = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) \d/;
const sourceOf = (file) =>
  file
    ? relative(dist, file)
        .replace(/^(?:\.\.\/)+/, "")
        .replace(/\.js$/, ".ts")
    : "tests";

export default async function* report(events) {
  let [file, passed, failed, skipped, milliseconds] = [undefined, 0, 0, 0, 0];
  const totals = new Map();
  const names = [];
  function* endFile() {
    const counts = [`${passed} passed`, failed && `${failed} FAILED`, skipped && `${skipped} skipped`].filter(Boolean);
    if (file) yield `${sourceOf(file).padEnd(52)} ${counts.join(", ")} (${(milliseconds / 1000).toFixed(1)} s)\n`;
    [passed, failed, skipped, milliseconds] = [0, 0, 0, 0];
  }
  for await (const { type, data } of events) {
    if (type === "test:start") names.splice(data.nesting, Infinity, data.name);
    if (type === "test:diagnostic" && total.test(data.message)) totals.set(data.message.split(" ")[0], data.message);
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.file !== file) {
      yield* endFile();
      file = data.file;
    }
    if (data.nesting === 0) milliseconds += data.details.duration_ms;
    const error = data.details.error;
    if (type === "test:fail" && data.todo === undefined) {
      failed++;
      if (error?.failureType === "subtestsFailed") continue;
      const place = data.line ? `${sourceOf(file)}:${data.line}` : sourceOf(file);
      yield `\nFAILED ${[...names.slice(0, data.nesting), data.name].join(" > ")}\n  ${place}\n`;
      yield `${inspect(error?.cause ?? error, { depth: 6 }).replace(/^/gm, "  ")}\n\n`;
    } else if (data.skip !== undefined) skipped++;
    else if (data.details.type !== "suite") passed++;
  }
  yield* endFile();
  for (const message of totals.values()) yield `# ${message}\n`;
}
