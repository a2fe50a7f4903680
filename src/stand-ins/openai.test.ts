import assert from "node:assert/strict";
import { test } from "node:test";
import { flatFile, post, pure, sharedStandIn } from "../../testing/stand-ins.js";

const KEY = { "content-type": "application/json", authorization: "Bearer stand-in-key" };

const server = sharedStandIn("openai");
const address = (): string => `${server().url}/v1/chat/completions`;

/** A request as the guide to images shows it. */
const request = async (color: string, text: string, format?: object) => ({
  model: "gpt-4.1-mini",
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text },
        {
          type: "image_url",
          image_url: { url: `data:image/png;base64,${(await flatFile(color)).toString("base64")}`, detail: "high" },
        },
      ],
    },
  ],
  ...(format && { response_format: format }),
});

const schemaOf = (schema: object) => ({ type: "json_schema", json_schema: { name: "answer", strict: true, schema } });

test("an answer has the form of a chat completion", async () => {
  const { status, json } = await post(address(), KEY, await request("#ff0000", "What is this?"));
  assert.equal(status, 200);
  assert.deepEqual([json.object, json.model, json.choices.length], ["chat.completion", "gpt-4.1-mini", 1]);
  const [{ message, finish_reason: reason }] = json.choices;
  assert.deepEqual([message, reason], [{ role: "assistant", content: "red fox", refusal: null }, "stop"]);
  assert.equal(json.usage.total_tokens, json.usage.prompt_tokens + json.usage.completion_tokens);
});

test("an answer fits the JSON Schema that is asked for", async () => {
  const label = {
    type: "object",
    properties: { name: { type: "string" }, confidence: { type: "number" } },
    required: ["name", "confidence"],
    additionalProperties: false,
  };
  const schema = { type: "object", properties: { labels: { type: "array", items: label } }, required: ["labels"] };
  const { json } = await post(address(), KEY, await request("#0000ff", "Labels?", schemaOf(schema)));
  const { labels } = JSON.parse(json.choices[0].message.content);
  assert.deepEqual(
    labels.map(({ name }: { name: string }) => name),
    ["blue jay", "red fox", "green lizard"],
  );
  assert.ok(Math.abs(labels[0].confidence - pure.first) < 1e-3);
});

test("an answer names the candidates of an enum alone, spelled as there", async () => {
  const schema = {
    type: "object",
    properties: {
      class: { type: "string", enum: ["Green_Lizard", "Vulpes vulpes, fox", "zebra"] },
      confidence: { type: "integer", minimum: 0, maximum: 100 },
    },
  };
  const content = async (color: string) => {
    const { json } = await post(address(), KEY, await request(color, "Which?", schemaOf(schema)));
    return JSON.parse(json.choices[0].message.content);
  };
  assert.deepEqual(await content("#ff0000"), { class: "Vulpes vulpes, fox", confidence: Math.round(100 * pure.first) });
  assert.deepEqual(await content("#00ff00"), { class: "Green_Lizard", confidence: Math.round(100 * pure.first) });
  // Blue is no candidate: the others are equally confident, and the first one is taken.
  assert.deepEqual(await content("#0000ff"), { class: "Green_Lizard", confidence: Math.round(100 * pure.others) });
});

test("an answer names the candidates in the text alone", async () => {
  const text = "Which of these classes does the image show?\n- green lizard\n- blue jay\nAnswer in JSON.";
  const { json } = await post(address(), KEY, await request("#ff0000", text, { type: "json_object" }));
  const { labels } = JSON.parse(json.choices[0].message.content);
  assert.deepEqual(labels.map(({ name }: { name: string }) => name).sort(), ["blue jay", "green lizard"]);
});

test("a wrong key is 401 with the code invalid_api_key", async () => {
  const wrong = await post(address(), { ...KEY, authorization: "Bearer another" }, "{}");
  assert.deepEqual([wrong.status, wrong.json.error.code], [401, "invalid_api_key"]);
  assert.doesNotMatch(wrong.json.error.message, /another/, "the key is not repeated");
  const none = await post(address(), { "content-type": "application/json" }, "{}");
  assert.deepEqual([none.status, none.json.error.type], [401, "invalid_request_error"]);
});

const image = (url: unknown) => ({
  model: "m",
  messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
});
const nested = (levels: number): object =>
  levels === 0 ? { type: "string" } : { type: "object", properties: { a: nested(levels - 1) } };
for (const [what, body] of [
  ["no JSON", "{"],
  ["an array", "[]"],
  ["no model", { messages: [{ role: "user", content: "a" }] }],
  ["no messages", { model: "m", messages: [] }],
  ["a message of a number", { model: "m", messages: [{ role: "user", content: 1 }] }],
  ["no image", { model: "m", messages: [{ role: "user", content: "a" }] }],
  ["an address on the Internet", image("https://example.com/a.png")],
  ["a number as address", image(1)],
  ["an image that is not base64", image("data:image/png;base64,???")],
  ["an image that is text", image(`data:image/png;base64,${Buffer.from("text").toString("base64")}`)],
  ["a stream", { ...image("data:image/png;base64,AAAA"), stream: true }],
  ["a schema of 1000 levels", { ...image("data:image/png;base64,AAAA"), response_format: schemaOf(nested(1000)) }],
  [
    "an enum of 2000 names",
    {
      ...image("data:image/png;base64,AAAA"),
      response_format: schemaOf({ type: "string", enum: Array(2000).fill("a") }),
    },
  ],
  ["a text of 2 MB", { model: "m", messages: [{ role: "user", content: " ".repeat(2 ** 21) }] }],
] as const)
  test(`a request with ${what} is refused with 400`, async () => {
    const { status, json } = await post(address(), KEY, body);
    assert.deepEqual([status, json.error.type], [400, "invalid_request_error"]);
  });
