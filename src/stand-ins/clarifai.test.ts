import assert from "node:assert/strict";
import { test } from "node:test";
import { flatFile, post, pure, sharedStandIn } from "../../testing/stand-ins.js";

const KEY = { "content-type": "application/json", authorization: "Key stand-in-key" };

const server = sharedStandIn("clarifai");
const at = (path = "/v2/users/clarifai/apps/main/models/general-image-recognition/outputs"): string =>
  `${server().url}${path}`;
const inputOf = async (color: string) => ({ data: { image: { base64: (await flatFile(color)).toString("base64") } } });

test("concepts have the form of Clarifai's outputs", async () => {
  const { status, json } = await post(at(), KEY, { inputs: [await inputOf("#ff0000"), await inputOf("#0000ff")] });
  assert.equal(status, 200);
  assert.deepEqual([json.status.code, json.status.description], [10_000, "Ok"]);
  const [red, blue] = json.outputs;
  assert.deepEqual(
    [red.status.code, red.data.concepts[0].name, blue.data.concepts[0].name],
    [10_000, "red fox", "blue jay"],
  );
  assert.ok(Math.abs(red.data.concepts[0].value - pure.first) < 1e-3);
  assert.match(red.data.concepts[0].id, /^ai_/);
  assert.equal(red.model.id, "general-image-recognition");
});

for (const path of [
  "/v2/models/m/outputs",
  "/v2/models/m/versions/v/outputs",
  "/v2/users/u/apps/a/models/m/versions/v/outputs",
])
  test(`${path} is the address of a prediction`, async () => {
    const { json } = await post(at(path), KEY, { inputs: [await inputOf("#00ff00")] });
    assert.equal(json.outputs[0].data.concepts[0].name, "green lizard");
  });

test("a wrong key is 401 with the code 11009, none with 11102", async () => {
  const wrong = await post(at(), { ...KEY, authorization: "Key another" }, {});
  assert.deepEqual([wrong.status, wrong.json.status.code], [401, 11_009]);
  const none = await post(at(), { "content-type": "application/json" }, {});
  assert.deepEqual([none.status, none.json.status.code], [401, 11_102]);
});

test("an image that cannot be read makes a mixed success, and alone a failure", async () => {
  const bad = { data: { image: { base64: Buffer.from("text").toString("base64") } } };
  const mixed = await post(at(), KEY, { inputs: [await inputOf("#ff0000"), bad] });
  assert.deepEqual([mixed.status, mixed.json.status.code, mixed.json.outputs[1].status.code], [200, 10_010, 30_101]);
  const alone = await post(at(), KEY, { inputs: [bad] });
  assert.deepEqual([alone.status, alone.json.status.code], [400, 10_020]);
  const url = await post(at(), KEY, { inputs: [{ data: { image: { url: "http://127.0.0.1/" } } }] });
  assert.deepEqual([url.status, url.json.outputs[0].status.code], [400, 30_002]);
});

for (const [body, code] of [
  ["{", 11_100],
  ["[]", 11_100],
  ['{"inputs": 1}', 11_100],
  ['{"inputs": [{"data": {"image": {"base64": 1}}}]}', 11_100],
  ['{"inputs": []}', 40_001],
  [JSON.stringify({ inputs: Array(129).fill({ data: {} }) }), 40_001],
] as const)
  test(`the body ${body.slice(0, 50)} is refused with the code ${code}`, async () => {
    const { status, json } = await post(at(), KEY, body);
    assert.deepEqual([status, json.status.code], [400, code]);
  });
