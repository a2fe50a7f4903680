import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { reasonsOf } from "./errors.js";

test("what a schema refuses is said without the phrases of its library", () => {
  const schema = z.strictObject({
    title: z.string(),
    range: z.union([z.literal(1), z.literal(255)]),
    mean: z.array(z.number()).min(3),
    name: z.string().regex(/^[a-z]+$/),
    count: z.number().max(4),
    either: z.union([z.string(), z.object({ a: z.number() })]),
  });
  const given = { range: 2, mean: [1], name: "A1", count: 5, either: 3, more: 1 };
  const reasons = reasonsOf(schema.safeParse(given).error ?? assert.fail());
  assert.match(reasons, /^title: it is missing; expected string; range: /);
  assert.match(reasons, /; mean: expected array to have >=3 items; name: it does not have the expected form; count: /);
  assert.match(reasons, /; either: it does not have the expected form; unknown key "more"$/);
  assert.doesNotMatch(reasons, /Invalid|undefined|Too|pattern|Unrecognized/);
});
