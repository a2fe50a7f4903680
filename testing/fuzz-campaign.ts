import { parseArgs } from "node:util";
import { messageOf } from "../src/errors.js";
import { type Campaign, runCampaign, total } from "./fuzz-run.js";

/*
 * Uses many corrupted files and prints a table and every violation. By hand:
 *   node dist/testing/fuzz-campaign.js --images 10000 --models 2000 --texts 1000 --seed 1
 * --from INDEX begins at another index, to repeat a violation; --messages also prints each message.
 */

const count = { type: "string", default: "0" } as const;
const { values } = parseArgs({
  options: {
    ...{ images: count, graphs: count, models: count, texts: count, from: count },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "1" },
    messages: { type: "boolean", default: false },
  },
});

/** Divides the files of a subject among processes. */
async function campaignOf(subject: string, files: number): Promise<Campaign> {
  const [seed, from, workers] = [Number(values.seed), Number(values.from), Number(values.workers)];
  const share = Math.ceil(files / workers);
  const shares = Array.from({ length: workers }, (_, i) => [from + i * share, from + Math.min(files, (i + 1) * share)]);
  return total(await Promise.all(shares.map(([begin, end]) => runCampaign(subject, seed, Number(begin), Number(end)))));
}

let failed = false;
console.log("subject  files  accepted  flawed  refused  violations  slowest (s)  peak memory (MiB)  seconds");
for (const subject of ["images", "graphs", "models", "texts"] as const) {
  const files = Number(values[subject]);
  if (files === 0) continue;
  const start = performance.now();
  try {
    const { counts, violations, slowest, mebibytes, messages } = await campaignOf(subject, files);
    const { accepted, flawed, refused } = counts;
    const seconds = Math.round((performance.now() - start) / 1000);
    const slow = `${slowest.seconds.toFixed(2)} (index ${slowest.index})`;
    console.log(
      [subject, files, accepted, flawed, refused, violations.length, slow, Math.round(mebibytes), seconds].join("  "),
    );
    for (const violation of violations) console.log(`  ${violation}`);
    if (values.messages)
      for (const [message, times] of messages) console.log(`  ${times} x ${JSON.stringify(message)}`);
    failed ||= violations.length > 0;
  } catch (error) {
    console.log(`${subject}: ${messageOf(error)}`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;
