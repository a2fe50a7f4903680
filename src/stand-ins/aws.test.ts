import assert from "node:assert/strict";
import { test } from "node:test";
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { flatFile, post, pure, type Reply, sharedStandIn } from "../../testing/stand-ins.js";

interface Signing {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly time?: Date;
  readonly target?: string;
  readonly type?: string;
}

/** Posts a body that AWS's own signer has signed. */
async function signedPost(url: string, body: string, signing: Signing = {}): Promise<Reply> {
  const { accessKeyId = "AKIASTANDIN", secretAccessKey = "stand-in-key", time = new Date() } = signing;
  const { hostname, port, host } = new URL(url);
  const signer = new SignatureV4({
    service: "rekognition",
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
    sha256: Sha256,
  });
  const signed = await signer.sign(
    {
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: "/",
      query: {},
      headers: {
        host,
        "content-type": signing.type ?? "application/x-amz-json-1.1",
        "x-amz-target": signing.target ?? "RekognitionService.DetectLabels",
      },
      body,
    },
    { signingDate: time },
  );
  return post(`${url}/`, signed.headers, body);
}

const server = sharedStandIn("aws");
const bytesOf = async (color: string, side = 100) => (await flatFile(color, side)).toString("base64");
const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 0.1, `${value}, ${expected}`);

test("DetectLabels returns names and confidences in percent, above the least confidence", async () => {
  const { url } = server();
  const Image = { Bytes: await bytesOf("#0000ff") };
  const { status, headers, json } = await signedPost(url, JSON.stringify({ Image, MaxLabels: 10, MinConfidence: 0 }));
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "application/x-amz-json-1.1");
  assert.match(headers.get("x-amzn-requestid") ?? "", /^[\da-f-]{36}$/);
  const names = json.Labels.map(({ Name }: { Name: string }) => Name);
  assert.deepEqual(names, ["blue jay", "red fox", "green lizard"]);
  near(json.Labels[0].Confidence, 100 * pure.first);
  assert.deepEqual([json.Labels[0].Instances, json.Labels[0].Parents, json.LabelModelVersion], [[], [], "3.0"]);
  const standard = await signedPost(url, JSON.stringify({ Image }));
  assert.equal(standard.json.Labels.length, 1, "the default least confidence is 55 %");
  const two = await signedPost(url, JSON.stringify({ Image, MaxLabels: 2, MinConfidence: 0 }));
  assert.equal(two.json.Labels.length, 2);
});

for (const [what, signing, type] of [
  ["a wrong secret key", { secretAccessKey: "another" }, "InvalidSignatureException"],
  ["an unknown access key", { accessKeyId: "AKIAANOTHER" }, "UnrecognizedClientException"],
  ["a clock that is six minutes slow", { time: new Date(Date.now() - 360_000) }, "InvalidSignatureException"],
] as const)
  test(`${what} is refused as Rekognition documents it`, async () => {
    const { status, json } = await signedPost(server().url, JSON.stringify({ Image: { Bytes: "AAAA" } }), signing);
    assert.deepEqual([status, json.__type], [400, type]);
  });

test("a request without a signature is refused", async () => {
  const { url } = server();
  const headers = { "x-amz-target": "RekognitionService.DetectLabels", "content-type": "application/x-amz-json-1.1" };
  const { status, json } = await post(`${url}/`, headers, "{}");
  assert.deepEqual([status, json.__type], [400, "MissingAuthenticationTokenException"]);
});

test("another operation is not found", async () => {
  const { url } = server();
  const { status, json } = await signedPost(url, "{}", { target: "RekognitionService.DetectFaces" });
  assert.deepEqual([status, json.__type], [404, "UnknownOperationException"]);
});

test("each image that Rekognition does not accept gets its exception", async () => {
  const { url } = server();
  const typeOf = async (Bytes: unknown, more: object = {}) => {
    const { status, json } = await signedPost(url, JSON.stringify({ Image: { Bytes, ...more } }));
    return `${status} ${json.__type}`;
  };
  assert.equal(await typeOf("not base64!"), "400 SerializationException");
  assert.equal(await typeOf(7), "400 InvalidParameterException");
  assert.equal(await typeOf(Buffer.from("text").toString("base64")), "400 InvalidImageFormatException");
  assert.equal(
    await typeOf((await flatFile("#fff", 100, "webp")).toString("base64")),
    "400 InvalidImageFormatException",
  );
  assert.equal(await typeOf(await bytesOf("#fff", 79)), "400 InvalidParameterException");
  assert.equal(await typeOf(await bytesOf("#fff", 10_001)), "400 ImageTooLargeException");
  assert.equal(await typeOf(Buffer.alloc(5 * 2 ** 20 + 1, 255).toString("base64")), "400 ImageTooLargeException");
  assert.equal(await typeOf(undefined, { S3Object: { Bucket: "b", Name: "n" } }), "400 InvalidS3ObjectException");
});

for (const body of [
  "{",
  "[]",
  "null",
  '{"Image": null}',
  '{"Image": {}, "MinConfidence": 101}',
  '{"Image": {}, "MaxLabels": -1}',
])
  test(`the body ${body} is refused`, async () => {
    const { url } = server();
    const { status, json } = await signedPost(url, body);
    assert.equal(status, 400);
    assert.match(json.__type, /^(Serialization|InvalidParameter)Exception$/);
  });

test("a body of another content type is refused", async () => {
  const { url } = server();
  const { status, json } = await signedPost(url, "{}", { type: "application/json" });
  assert.deepEqual([status, json.__type], [400, "SerializationException"]);
});
