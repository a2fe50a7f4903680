import assert from "node:assert/strict";
import { test } from "node:test";
import { flatFile, post, pure, sharedStandIn } from "../../testing/stand-ins.js";

const BYTES = { "content-type": "application/octet-stream", "Ocp-Apim-Subscription-Key": "stand-in-key" };
const QUERY = "api-version=2024-02-01&features=tags,caption";

const server = sharedStandIn("azure");
const at = (query = QUERY): string => `${server().url}/computervision/imageanalysis:analyze?${query}`;

test("tags and caption have the form of Image Analysis 4.0", async () => {
  const { status, json } = await post(at(), BYTES, await flatFile("#00ff00", 120, "jpeg"));
  assert.equal(status, 200);
  assert.deepEqual(json.metadata, { width: 120, height: 120 });
  assert.equal(json.captionResult.text, "a green lizard");
  const [first, ...others] = json.tagsResult.values;
  assert.equal(first.name, "green lizard");
  assert.ok(Math.abs(first.confidence - pure.first) < 0.01, "JPEG changes the color a little");
  assert.deepEqual(others.map(({ name }: { name: string }) => name).sort(), ["blue jay", "red fox"]);
  const tags = await post(at("api-version=2024-02-01&features=tags"), BYTES, await flatFile("#00ff00"));
  assert.deepEqual(Object.keys(tags.json).sort(), ["metadata", "modelVersion", "tagsResult"]);
});

test("a wrong or missing key is 401", async () => {
  for (const headers of [
    { ...BYTES, "Ocp-Apim-Subscription-Key": "another" },
    { "content-type": "application/octet-stream" },
  ]) {
    const { status, json } = await post(at(), headers, Buffer.from("a"));
    assert.deepEqual([status, json.error.code], [401, "401"]);
    assert.match(json.error.message, /^Access denied due to invalid subscription key/);
  }
});

for (const [what, query, status, inner] of [
  ["no API version", "features=tags", 404, undefined],
  ["another API version", "api-version=2020-01-01&features=tags", 400, "UnsupportedApiVersion"],
  ["no features", "api-version=2024-02-01", 400, "InvalidParameter"],
  ["an unknown feature", "api-version=2024-02-01&features=labels", 400, "InvalidParameter"],
] as const)
  test(`a request with ${what} is ${status}`, async () => {
    const reply = await post(at(query), BYTES, await flatFile("#ff0000"));
    assert.deepEqual([reply.status, reply.json.error.innererror?.code], [status, inner]);
  });

test("bodies that are no accepted image get Azure's codes", async () => {
  const codeOf = async (body: Buffer, type = "application/octet-stream") => {
    const { status, json } = await post(at(), { ...BYTES, "content-type": type }, body);
    return `${status} ${json.error.innererror.code}`;
  };
  assert.equal(await codeOf(Buffer.from("text")), "400 InvalidImageFormat");
  assert.equal(await codeOf(Buffer.alloc(0)), "400 InvalidImageFormat");
  assert.equal(await codeOf(await flatFile("#fff", 49)), "400 InvalidImageSize");
  assert.equal(await codeOf(Buffer.from('{"url": "http://127.0.0.1/"}'), "application/json"), "400 InvalidImageUrl");
  assert.equal(await codeOf(await flatFile("#fff"), "text/plain"), "415 UnsupportedMediaType");
  assert.equal(await codeOf(Buffer.alloc(20 * 2 ** 20 + 1)), "413 InvalidImageSize");
});
