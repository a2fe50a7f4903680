import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../testing/workspace.js";
import { UserError } from "../../errors.js";
import { MalformedAnswer, RefusedImage } from "../faults.js";
import type { ServiceName } from "../names.js";
import type { SentImage, ServiceOptions } from "../service.js";
import { openService } from "./index.js";

const image: SentImage = { bytes: new Uint8Array([137, 80, 78, 71]), type: "image/png", width: 100, height: 90 };
const BASE64 = "iVBORw==";
const env = {
  ...{
    GOOGLE_API_KEY: "google-key",
    AZURE_VISION_KEY: "azure-key",
    CLARIFAI_PAT: "clarifai-key",
    OPENAI_API_KEY: "openai-key",
  },
  ...{ AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "aws-secret-key", LEGIBLE_HTTP_KEY: "http-key" },
};
const open = (name: ServiceName, options: ServiceOptions = {}) => openService(name, options, env);
const bodyOf = async (name: ServiceName, options: ServiceOptions = {}) => {
  const { body } = await (await open(name, options)).request(image);
  return JSON.parse(String(body));
};

test("google: one image with the chosen features; the key is a header and not in the URL", async () => {
  const service = await open("google", { features: ["web", "labels", "objects"] });
  assert.equal(service.url.href, "https://vision.googleapis.com/v1/images:annotate");
  const { headers } = await service.request(image);
  assert.equal(headers["x-goog-api-key"], "google-key");
  const { requests } = await bodyOf("google", { features: ["web", "labels", "objects"] });
  assert.equal(requests.length, 1);
  assert.equal(requests[0].image.content, BASE64);
  const types = requests[0].features.map(({ type }: { type: string }) => type);
  assert.deepEqual(types, ["LABEL_DETECTION", "OBJECT_LOCALIZATION", "WEB_DETECTION"]);
  // https://cloud.google.com/vision/pricing: 1.50 + 2.25 + 3.50 dollars per 1000 images
  assert.ok(Math.abs((service.price.perImage ?? 0) - 0.00725) < 1e-9);
});

test("google: labels of all features, the best first and each once", async () => {
  const { labels } = await open("google", { features: ["labels", "objects", "web"] });
  const answer = {
    responses: [
      {
        labelAnnotations: [
          { mid: "/m/0bt9lr", description: "Dog", score: 0.96, topicality: 0.96 },
          { mid: "/m/08t9c_", description: "Grass", score: 0.7, topicality: 0.7 },
        ],
        localizedObjectAnnotations: [{ mid: "/m/0bt9lr", name: "Dog", score: 0.8, boundingPoly: {} }],
        webDetection: {
          webEntities: [{ entityId: "/m/01z5f", score: 1.4, description: "Labrador" }, { entityId: "/m/0" }],
        },
      },
    ],
  };
  assert.deepEqual(labels(answer), [
    { name: "Labrador", confidence: 1 },
    { name: "Dog", confidence: 0.96 },
    { name: "Grass", confidence: 0.7 },
  ]);
  assert.deepEqual(labels({ responses: [{}] }), []);
  assert.throws(() => labels({ responses: [{ error: { code: 3, message: "Bad image data." } }] }), RefusedImage);
  assert.throws(() => labels({ responses: [{ error: { code: 14, message: "Unavailable" } }] }), MalformedAnswer);
  for (const wrong of [{}, { responses: [] }, [], null, "text", { responses: [{ labelAnnotations: [{}] }] }])
    assert.throws(() => labels(wrong), MalformedAnswer);
});

test("google: a wrong key, a full quota of the day and a limit of the minute are told apart", async () => {
  const { refusal } = await open("google");
  const error = (code: number, status: string, message: string, reason?: string) => ({
    error: {
      code,
      message,
      status,
      ...(reason && { details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }] }),
    },
  });
  const bad = error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID");
  assert.equal(refusal(400, bad).kind, "key");
  assert.equal(refusal(403, error(403, "PERMISSION_DENIED", "The caller does not have permission")).kind, "key");
  const limit = (per: string) =>
    `Quota exceeded for quota metric 'Requests' and limit 'Requests per ${per}' of service`;
  assert.equal(refusal(429, error(429, "RESOURCE_EXHAUSTED", limit("day"))).kind, "quota");
  assert.equal(refusal(429, error(429, "RESOURCE_EXHAUSTED", limit("minute"))).kind, "busy");
  assert.equal(
    refusal(403, error(403, "PERMISSION_DENIED", "This API method requires billing to be enabled.")).kind,
    "quota",
  );
  assert.equal(refusal(400, error(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit")).kind, "image");
  assert.equal(refusal(503, undefined).kind, "busy");
});

test("aws: DetectLabels, signed for the region of its host; the secret key is in no part of the request", async () => {
  const service = await open("aws", { endpoint: "https://rekognition.eu-west-1.amazonaws.com" });
  const { headers, body } = await service.request(image);
  assert.equal(headers["x-amz-target"], "RekognitionService.DetectLabels");
  assert.equal(headers["content-type"], "application/x-amz-json-1.1");
  assert.match(
    headers.authorization ?? "",
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/rekognition\/aws4_request, SignedHeaders=[a-z0-9;-]*host[a-z0-9;-]*, Signature=[0-9a-f]{64}$/,
  );
  assert.deepEqual(JSON.parse(String(body)), { Image: { Bytes: BASE64 }, MaxLabels: 20, MinConfidence: 55 });
  assert.ok(!JSON.stringify([headers, body]).includes("aws-secret-key"));
});

test("aws: confidences are shares, and errors are told apart by their type", async () => {
  const { labels, refusal } = await open("aws");
  const answer = {
    Labels: [
      { Name: "Canine", Confidence: 70 },
      { Name: "Dog", Confidence: 99.5, Parents: [] },
    ],
    LabelModelVersion: "3.0",
  };
  assert.deepEqual(labels(answer), [
    { name: "Dog", confidence: 0.995 },
    { name: "Canine", confidence: 0.7 },
  ]);
  const kindOf = (type: string, status = 400) => refusal(status, { __type: type, Message: "…" }).kind;
  assert.equal(kindOf("UnrecognizedClientException"), "key");
  assert.equal(kindOf("com.amazonaws.rekognition#AccessDeniedException"), "key");
  assert.equal(kindOf("InvalidSignatureException"), "key");
  assert.equal(kindOf("ThrottlingException"), "busy");
  assert.equal(kindOf("ProvisionedThroughputExceededException"), "busy");
  assert.equal(kindOf("InternalServerError", 500), "busy");
  assert.equal(kindOf("LimitExceededException"), "quota");
  assert.equal(kindOf("InvalidImageFormatException"), "image");
});

test("azure: the bytes of the image, with its features in the URL; a caption follows the tags", async () => {
  const options = { endpoint: "https://pictures.cognitiveservices.azure.com", features: ["caption", "tags"] };
  const service = await open("azure", options);
  const path = "/computervision/imageanalysis:analyze?api-version=2024-02-01&features=tags,caption";
  assert.equal(decodeURIComponent(service.url.href), `https://pictures.cognitiveservices.azure.com${path}`);
  const { headers, body } = await service.request(image);
  assert.equal(headers["ocp-apim-subscription-key"], "azure-key");
  assert.equal(headers["content-type"], "application/octet-stream");
  assert.deepEqual(body, image.bytes);
  const values = [
    { name: "grass", confidence: 0.6 },
    { name: "dog", confidence: 0.9 },
  ];
  const answer = {
    modelVersion: "2023-10-01",
    captionResult: { text: "a dog on grass", confidence: 0.99 },
    tagsResult: { values },
  };
  assert.deepEqual(
    service.labels(answer).map(({ name }) => name),
    ["dog", "grass", "a dog on grass"],
  );
  assert.throws(() => service.labels({ tagsResult: { values } }), MalformedAnswer); // the caption is missing
  assert.throws(() => service.labels({}), MalformedAnswer);
  const kindOf = (status: number, message: string) =>
    service.refusal(status, { error: { code: String(status), message } }).kind;
  assert.equal(kindOf(401, "Access denied due to invalid subscription key or wrong API endpoint."), "key");
  assert.equal(kindOf(403, "Out of call volume quota. Quota will be replenished in 20.12:00:00."), "quota");
  assert.equal(kindOf(429, "Requests have exceeded call rate limit. Please retry after 1 second."), "busy");
  assert.equal(kindOf(400, "Image must be at least 50 pixels in width and height"), "image");
  await assert.rejects(open("azure"), /`endpoint` is required/);
});

test("clarifai: the outputs of Clarifai's general model, or of another one", async () => {
  const { url, labels, refusal, request } = await open("clarifai");
  assert.equal(url.pathname, "/v2/users/clarifai/apps/main/models/general-image-recognition/outputs");
  assert.equal(
    (await open("clarifai", { model: "me/mine/dogs" })).url.pathname,
    "/v2/users/me/apps/mine/models/dogs/outputs",
  );
  assert.equal((await request(image)).headers.authorization, "Key clarifai-key");
  assert.deepEqual(await bodyOf("clarifai"), { inputs: [{ data: { image: { base64: BASE64 } } }] });
  const ok = { code: 10000, description: "Ok" };
  const output = (status: object, concepts: object[] = []) => ({
    status: ok,
    outputs: [{ status, data: { concepts } }],
  });
  assert.deepEqual(labels(output(ok, [{ id: "ai_1", name: "dog", value: 0.98, app_id: "main" }])), [
    { name: "dog", confidence: 0.98 },
  ]);
  assert.throws(() => labels(output({ code: 30101, description: "Input has an unsupported format" })), RefusedImage);
  assert.throws(() => labels(output({ code: 21200, description: "Model does not exist" })), MalformedAnswer);
  const kindOf = (status: number, code: number) => refusal(status, { status: { code, description: "…" } }).kind;
  assert.equal(kindOf(401, 11009), "key");
  assert.equal(kindOf(429, 11005), "busy");
  assert.equal(kindOf(429, 11006), "quota");
  assert.equal(kindOf(404, 11101), "setting");
});

test("openai: the classes are candidates in the prompt and, if there are few, in the strict schema", async () => {
  const body = await bodyOf("openai", { candidates: ["dog", "cat", "dog"], model: "some-model" });
  assert.equal(body.model, "some-model");
  const [text, picture] = body.messages[0].content;
  assert.match(text.text, /\ndog\ncat/);
  assert.equal(picture.image_url.url, `data:image/png;base64,${BASE64}`);
  const { strict, schema } = body.response_format.json_schema;
  assert.equal(strict, true);
  assert.deepEqual(schema.properties.labels.items.properties.name, { type: "string", enum: ["dog", "cat"] });
  const many = await bodyOf("openai", { candidates: Array.from({ length: 1000 }, (_, i) => `class ${i}`) });
  assert.deepEqual(many.response_format.json_schema.schema.properties.labels.items.properties.name, { type: "string" });
  const base = await open("openai", { endpoint: "https://models.example.org/api/v1" });
  assert.equal(base.url.href, "https://models.example.org/api/v1/chat/completions");
  assert.equal(base.price.perImage !== null, true);
  assert.equal((await open("openai", { model: "unknown" })).price.perImage, null);
});

test("openai: the labels are the message's JSON; text, refusals and truncated JSON are no labels", async () => {
  const { labels, refusal } = await open("openai");
  const answer = (content: string | null, more: object = {}) => ({
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content, refusal: null, ...more } }],
  });
  const json = '{"labels":[{"name":"cat","confidence":0.2},{"name":"dog","confidence":7}]}';
  const expected = [
    { name: "dog", confidence: 1 },
    { name: "cat", confidence: 0.2 },
  ];
  assert.deepEqual(labels(answer(json)), expected);
  assert.deepEqual(labels(answer(`\`\`\`json\n${json}\n\`\`\``)), expected);
  for (const wrong of ["A dog.", json.slice(0, 30), '{"labels":[{"name":"dog"}]}', null])
    assert.throws(() => labels(answer(wrong)), MalformedAnswer);
  assert.throws(() => labels(answer(null, { refusal: "I can't help with that." })), RefusedImage);
  const kindOf = (status: number, code: string) => refusal(status, { error: { message: "…", type: "…", code } }).kind;
  assert.equal(kindOf(429, "insufficient_quota"), "quota");
  assert.equal(kindOf(429, "rate_limit_exceeded"), "busy");
  assert.equal(kindOf(401, "invalid_api_key"), "key");
  assert.equal(kindOf(404, "model_not_found"), "setting");
});

const config = {
  url: "https://labels.example.org/v3/tag",
  headers: { Authorization: "Bearer {key}" },
  body: { picture: { mime: "{type}", data: "data:{type};base64,{image}" }, top: 5 },
  names: "$.result.tags[*].tag.en",
  confidences: "$.result.tags[*].confidence",
  scale: 100,
};

function written(t: Parameters<typeof temporaryFolder>[0], content: object): ServiceOptions {
  const serviceConfig = join(temporaryFolder(t), "service.json");
  writeFileSync(serviceConfig, JSON.stringify(content));
  return { serviceConfig };
}

test("http: a template becomes the body, and JSONPath finds names and confidences", async (t) => {
  const service = await open("http", written(t, config));
  const { headers, body } = await service.request(image);
  assert.equal(headers.authorization, "Bearer http-key");
  assert.deepEqual(JSON.parse(String(body)), {
    ...{ picture: { mime: "image/png", data: `data:image/png;base64,${BASE64}` }, top: 5 },
  });
  const answer = {
    result: {
      tags: [
        { confidence: 20, tag: { en: "cat" } },
        { confidence: 80, tag: { en: "dog" } },
      ],
    },
  };
  assert.deepEqual(service.labels(answer), [
    { name: "dog", confidence: 0.8 },
    { name: "cat", confidence: 0.2 },
  ]);
  assert.throws(() => service.labels({ result: { tags: [{ tag: { en: "cat" } }] } }), MalformedAnswer);
  assert.throws(() => service.labels({ result: { tags: [{ confidence: 1, tag: { en: 5 } }] } }), MalformedAnswer);
  assert.ok(!JSON.stringify(service.settings).includes("http-key"));
  const { confidences: _, body: __, ...raw } = config;
  const simple = await open("http", written(t, { ...raw, names: "$[*]" }));
  assert.deepEqual((await simple.request(image)).body, image.bytes);
  assert.deepEqual(simple.labels(["b", "a"]), [
    { name: "b", confidence: null },
    { name: "a", confidence: null },
  ]);
});

test("http: a description with a key, without the image or with an unknown field is refused", async (t) => {
  const refused = async (content: object, expected: RegExp) =>
    assert.rejects(
      open("http", written(t, content)),
      (error) => error instanceof UserError && expected.test(error.message),
    );
  await refused({ ...config, headers: { "X-Api-Key": "secret-value" } }, /header "X-Api-Key" contains a key/);
  await refused({ ...config, headers: { "X-Auth": "secret-value" } }, /header "X-Auth" contains a key/);
  await refused({ ...config, headers: { "X-A": "b\r\nX-C: d" } }, /header "X-A" is no HTTP header/);
  await refused({ ...config, headers: { "X A": "b" } }, /header "X A" is no HTTP header/);
  await refused({ ...config, headers: { "Content-Length": "3" } }, /header "Content-Length" cannot be set/);
  await refused(
    { ...config, body: { image: "{image}", account: { api_key: "secret-value" } } },
    /"api_key" in its "body" contains a key/,
  );
  const deep = JSON.parse(`${"[".repeat(500)}"{image}"${"]".repeat(500)}`);
  await refused({ ...config, body: deep }, /nested more than 100 levels deep/);
  await refused({ ...config, body: { a: 1 } }, /no "\{image\}"/);
  await refused({ ...config, names: "tags[" }, /"names" is no JSONPath/);
  await refused({ ...config, pictures: 1 }, /pictures/);
  await refused({ ...config, url: "http://labels.example.org" }, /must begin with https/);
  await refused({ ...config, url: "https://labels.example.org?api_key=abc" }, /must not contain the key/);
});

test("an answer of 100 000 labels is read in seconds, each name once", async () => {
  const service = await open("google");
  const labelAnnotations = Array.from({ length: 100_000 }, (_, i) => ({ description: `label ${i >> 1}`, score: 0.5 }));
  const start = performance.now();
  assert.equal(service.labels({ responses: [{ labelAnnotations }] }).length, 50_000);
  assert.ok(performance.now() - start < 5000, `${performance.now() - start} ms`);
});

test("a service on another machine needs its key and encryption; one on this machine needs neither", async () => {
  for (const name of ["google", "aws", "clarifai", "openai"] as const) {
    await assert.rejects(
      openService(name, {}, {}),
      /the key of the service is missing: set the environment variable [A-Z_]+/,
    );
    await assert.rejects(openService(name, { endpoint: "http://192.168.0.1:80" }, env), /must begin with https/);
    const local = await openService(name, { endpoint: "http://127.0.0.1:8080" }, {});
    assert.equal(local.url.host, "127.0.0.1:8080");
    assert.equal(local.url.pathname === "/", name === "aws");
  }
  await assert.rejects(openService("google", { endpoint: "nonsense" }, env), /must be a URL/);
  await assert.rejects(openService("google", { features: ["faces"] }, env), /must be of labels, objects, web/);
  await assert.rejects(openService("aws", { model: "x" }, env), /`model` has no effect on the service aws/);
});
