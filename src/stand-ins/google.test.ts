import assert from "node:assert/strict";
import { test } from "node:test";
import { flatFile, post, pure, sharedStandIn } from "../../testing/stand-ins.js";

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };
const KEY = { ...JSON_TYPE, "x-goog-api-key": "stand-in-key" };

const server = sharedStandIn("google");
const address = (): string => `${server().url}/v1/images:annotate`;

const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-3, `${value}, ${expected}`);

test("labels, web entities and objects have the form of images.annotate", async () => {
  const content = (await flatFile("#ff0000")).toString("base64");
  const features = [
    { type: "LABEL_DETECTION", maxResults: 2 },
    { type: "WEB_DETECTION", maxResults: 1 },
    { type: "OBJECT_LOCALIZATION" },
  ];
  const { status, headers, json } = await post(address(), KEY, { requests: [{ image: { content }, features }] });
  assert.equal(status, 200);
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
  const [answer] = json.responses;
  assert.deepEqual(Object.keys(answer).sort(), ["labelAnnotations", "localizedObjectAnnotations", "webDetection"]);
  const [first, second, ...others] = answer.labelAnnotations;
  assert.deepEqual([first.description, second.description, others], ["red fox", "green lizard", []]);
  assert.ok(typeof first.mid === "string" && first.topicality === first.score);
  near(first.score, pure.first);
  near(second.score, pure.others);
  assert.equal(answer.webDetection.webEntities.length, 1);
  assert.equal(answer.webDetection.webEntities[0].description, "red fox");
  assert.deepEqual(answer.webDetection.bestGuessLabels, [{ label: "red fox", languageCode: "en" }]);
  assert.equal(answer.localizedObjectAnnotations.length, 3);
  assert.equal(answer.localizedObjectAnnotations[0].name, "red fox");
  assert.equal(answer.localizedObjectAnnotations[0].boundingPoly.normalizedVertices.length, 4);
  const [line] = await server().logged(1);
  assert.deepEqual([line?.status, line?.answered, line?.paid.length], [200, true, 1]);
});

test("an image that cannot be read has an error of its own in a batch", async () => {
  const features = [{ type: "LABEL_DETECTION" }];
  const image = async (color: string) => ({ image: { content: (await flatFile(color)).toString("base64") }, features });
  const bad = [
    { image: { content: Buffer.from("no image").toString("base64") }, features },
    { image: { content: "?" }, features },
    { image: { source: { imageUri: "http://127.0.0.1/a.png" } }, features },
  ];
  const { status, json } = await post(address(), KEY, {
    requests: [await image("#00ff00"), ...bad, await image("#0000ff")],
  });
  assert.equal(status, 200);
  assert.deepEqual(
    // biome-ignore lint/suspicious/noExplicitAny: the vendor's JSON
    json.responses.map((each: any) => each.error?.code ?? each.labelAnnotations[0].description),
    ["green lizard", 3, 3, 3, "blue jay"],
  );
  assert.equal((await server().logged(2))[1]?.paid.length, 2);
});

test("the key can be in the address, as the documentation shows", async () => {
  assert.equal((await post(`${address()}?key=stand-in-key`, JSON_TYPE, { requests: [] })).status, 200);
});

test("a wrong key is 400 with the reason API_KEY_INVALID, none is 403", async () => {
  const wrong = await post(address(), { ...JSON_TYPE, "x-goog-api-key": "another" }, { requests: [] });
  assert.equal(wrong.status, 400);
  assert.deepEqual([wrong.json.error.code, wrong.json.error.status], [400, "INVALID_ARGUMENT"]);
  assert.equal(wrong.json.error.details[0].reason, "API_KEY_INVALID");
  const none = await post(address(), JSON_TYPE, { requests: [] });
  assert.deepEqual([none.status, none.json.error.status], [403, "PERMISSION_DENIED"]);
});

for (const [what, body] of [
  ["no JSON", "{"],
  ["an array", "[]"],
  ["null", "null"],
  ["requests of another type", '{"requests": {}}'],
  ["a number as content", '{"requests": [{"image": {"content": 1}, "features": []}]}'],
  ["an unknown field", '{"requests": [], "images": []}'],
  ["an unknown feature", '{"requests": [{"image": {"content": "AAAA"}, "features": [{"type": "LABELS"}]}]}'],
  [
    "a negative number of results",
    '{"requests": [{"image": {}, "features": [{"type": "LABEL_DETECTION", "maxResults": -1}]}]}',
  ],
  ["17 images", JSON.stringify({ requests: Array(17).fill({ image: { content: "AAAA" } }) })],
] as const)
  test(`a body with ${what} is an invalid argument`, async () => {
    const { status, json } = await post(address(), KEY, body);
    assert.deepEqual([status, json.error.code, json.error.status], [400, 400, "INVALID_ARGUMENT"]);
  });

test("a request above 10 MB is an invalid argument", async () => {
  const { status, json } = await post(address(), KEY, `{"requests": [], "parent": "${"a".repeat(10 * 2 ** 20)}"}`);
  assert.deepEqual([status, json.error.status], [400, "INVALID_ARGUMENT"]);
  assert.match(json.error.message, /payload size exceeds the limit: 10485760 bytes/);
});
