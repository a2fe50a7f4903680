import assert from "node:assert/strict";
import { test } from "node:test";
import { MEMORY_LIMIT, runCampaign, TIME_LIMIT, total } from "../testing/fuzz-run.js";

const SEED = 1;
const WORKERS = 2;

/** Uses the files of a subject and asserts that none of them violates a limit or is refused without a clear line. */
async function used(subject: string, files: number, workers = WORKERS) {
  const share = Math.ceil(files / workers);
  const shares = Array.from({ length: workers }, (_, i) =>
    runCampaign(subject, SEED, i * share, Math.min(files, (i + 1) * share)),
  );
  const campaign = total(await Promise.all(shares));
  assert.deepEqual(campaign.violations, []);
  const { accepted, flawed, refused } = campaign.counts;
  assert.equal(accepted + flawed + refused, files);
  assert.ok(accepted > files / 20 && refused > files / 4, "the corruption is too weak or too strong");
  return `seed ${SEED}: ${accepted} accepted, ${flawed} with a flaw, ${refused} refused, ${Math.round(campaign.mebibytes)} MiB`;
}

const LIMITS = `takes over ${TIME_LIMIT} s or ${MEMORY_LIMIT} MiB`;

test(`2000 corrupted ONNX files load or are refused with a UserError; none crashes the process or ${LIMITS}`, async (t) => {
  t.diagnostic(await used("graphs", 2000));
});

for (const [subject, files, what] of [
  ["images", 200, "images are decoded and restored"],
  ["models", 200, "ONNX files are inspected, differentiated and opened as recognizer and processor"],
  ["textsWithoutRuns", 200, "labels, sidecars, settings, records, recipes and tensors are read"],
] as const)
  test(`${files} corrupted ${what}, or are refused in one clear line; none crashes the process or ${LIMITS}`, async (t) => {
    t.diagnostic(await used(subject, files));
  });
