import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { repositoryPath } from "../../testing/shared.js";
import { openProcessor } from "../processors/open.js";
import { measuredBefore } from "./measured-before.js";

test("what is known of published models is what their measurement gives", async () => {
  let known = 0;
  for (const file of readdirSync(repositoryPath("models")).filter((name) => name.endsWith(".onnx"))) {
    const processor = await openProcessor(repositoryPath("models", file));
    const found = measuredBefore[processor.sha256 as string];
    if (!found) continue;
    known++;
    const measured = {
      geometry: await processor.geometry(),
      receptiveRadius: await processor.receptiveRadius(),
      border: await processor.border(),
      featureBytes: await processor.featureBytes(),
    };
    await processor.release();
    assert.deepEqual(found, measured, file);
  }
  assert.equal(known, Object.keys(measuredBefore).length, "a model of the list is not published any more");
});
