import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { vendorNames } from "../src/stand-ins/index.js";
import { killedAfter, type RequestCounts, requestCounts, spawnStandIn } from "../testing/remote-judges.js";
import { readLog } from "../testing/stand-ins.js";
import { legibleProcess } from "../testing/workspace.js";

/*
 * Two processors, judged by a classifier behind the stand-ins of all services, with faults, killed with SIGKILL in the middle and
 * resumed: `npm run build && node dist/bench/remote-judges.js --data PHOTOS --judge CLASSIFIER.onnx --plain plain.onnx
 * --ra ra.onnx --images 300 --out results`. Existing answers in the folder are used: give a new one.
 */

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    judge: { type: "string" },
    plain: { type: "string", default: "models/sr-x4-plain.onnx" },
    ra: { type: "string", default: "models/sr-x4-ra.onnx" },
    images: { type: "string", default: "300" },
    formats: { type: "string", default: vendorNames.join(",") },
    faults: { type: "string", default: "0.1" },
    out: { type: "string" },
  },
});
const { data, judge, out } = values;
if (data === undefined || judge === undefined || out === undefined) throw new Error("needs --data, --judge and --out");

/** The rows that an evaluation of two processors sends: none, clean, plain, ra. */
const ROWS = 4;

interface Outcome extends RequestCounts {
  readonly format: string;
  readonly images: number;
  /** Requests that the service had received when the first run was killed. */
  readonly killedAfter: number;
  readonly seconds: number;
  readonly exitCode: number | null;
  /** What the second run printed: the tables. */
  readonly table: string;
  readonly gains: unknown;
  readonly error: string;
}

async function runFormat(format: string, seed: number): Promise<Outcome> {
  const folder = join(out as string, format);
  mkdirSync(folder, { recursive: true });
  const [log, results] = [join(folder, "requests.jsonl"), join(folder, "results.json")];
  const server = await spawnStandIn([
    ...[format, "--judge", judge as string, "--log", log, "--threads", "1"],
    ...["--faults", values.faults, "--seed", String(seed), "--delay", "2"],
  ]);
  const args = [
    ...["evaluate", "--data", data as string, "--scale", "4", "--limit", values.images, "--threads", "1"],
    ...["--processor", `plain=${values.plain}`, "--processor", `ra=${values.ra}`],
    ...["--judge", format, "--endpoint", server.url, "--yes"],
    ...["--json", results, "--predictions", join(folder, "predictions.jsonl")],
  ];
  const start = performance.now();
  const half = Math.round((Number(values.images) * ROWS) / 2);
  const killed = await killedAfter(args, log, half);
  if (killed.signal !== "SIGKILL") throw new Error(`${format}: the run ended before it was killed:\n${killed.err}`);
  const received = readLog(log).length;
  const resumed = await legibleProcess(args);
  await server.stop();
  const counts = requestCounts(readLog(log));
  const gains = resumed.code === 0 ? JSON.parse(readFileSync(results, "utf8")).service_gains : null;
  return {
    ...{ format, images: Number(values.images), killedAfter: received, ...counts },
    ...{ seconds: Math.round((performance.now() - start) / 1000), exitCode: resumed.code },
    ...{ table: resumed.out, gains, error: resumed.code === 0 ? "" : resumed.err },
  };
}

const outcomes: Outcome[] = [];
for (const [index, format] of values.formats.split(",").entries()) {
  const outcome = await runFormat(format, index + 1);
  outcomes.push(outcome);
  console.log(
    `${format}: exit code ${outcome.exitCode}, ${outcome.requests} requests for ${outcome.contents} images, ` +
      `paid twice ${outcome.paidTwice}, ${outcome.seconds} s${outcome.error && `\n${outcome.error}`}`,
  );
  writeFileSync(join(out, "outcomes.json"), `${JSON.stringify(outcomes, null, 2)}\n`);
  writeFileSync(join(out, "outcomes.md"), page(outcomes));
}

/** The outcomes as Markdown. */
function page(all: readonly Outcome[]): string {
  const columns =
    "format | photographs | different images | requests | killed after | faults | most requests an image | paid for | paid twice | s";
  const faultsOf = ({ faults }: Outcome) =>
    Object.entries(faults)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(", ");
  const rows = all.map((each) =>
    [
      ...[each.format, each.images, each.contents, each.requests, each.killedAfter, faultsOf(each)],
      ...[each.mostPerContent, each.paid, each.paidTwice, each.seconds],
    ].join(" | "),
  );
  return [
    "# Services as judges",
    `Stand-ins that serve ${judge}; ${values.faults} of the requests get a fault; killed with SIGKILL in the middle and rerun.`,
    [`| ${columns} |`, `|${"---|".repeat(columns.split("|").length)}`, ...rows.map((row) => `| ${row} |`)].join("\n"),
    ...all.map(({ format, table }) => `## ${format}\n\n\`\`\`text\n${table}\`\`\``),
  ]
    .join("\n\n")
    .concat("\n");
}
