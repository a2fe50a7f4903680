import { readdirSync, writeFileSync } from "node:fs";
import { openProcessor } from "../src/processors/open.js";
import { repositoryPath } from "./shared.js";

/*
 * Writes what `Processor` measures of the published models into src/browser/measured-before.ts, to be formatted afterwards:
 *   node dist/testing/write-measured.js
 */

const entries: string[] = [];
for (const file of readdirSync(repositoryPath("models")).filter((name) => name.endsWith(".onnx"))) {
  const processor = await openProcessor(repositoryPath("models", file));
  const measured = {
    geometry: await processor.geometry(),
    receptiveRadius: await processor.receptiveRadius(),
    border: await processor.border(),
    featureBytes: await processor.featureBytes(),
  };
  await processor.release();
  entries.push(`  // ${file}\n  "${processor.sha256}": ${JSON.stringify(measured)},\n`);
}

writeFileSync(
  repositoryPath("src/browser/measured-before.ts"),
  `import type { Measured } from "../processors/processor.js";

/*
 * Before a processor first enhances an image it is run on small images, which takes longer than a small image itself. For
 * published models the results are known. testing/write-measured.ts writes this file.
 */

/** What \`Processor\` measures of published models, by the SHA-256 of their files. */
export const measuredBefore: Readonly<Record<string, Measured>> = {
${entries.join("")}};
`,
);
