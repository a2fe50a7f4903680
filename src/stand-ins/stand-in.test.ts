import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { colorNames, flatFile, pure, type RunningStandIn, standInOf } from "../../testing/stand-ins.js";
import type { VendorName } from "./index.js";
import { softmax } from "./labels.js";

const paths: Readonly<Record<VendorName, string>> = {
  google: "/v1/images:annotate",
  aws: "/",
  azure: "/computervision/imageanalysis:analyze?api-version=2024-02-01&features=tags",
  clarifai: "/v2/users/u/apps/a/models/m/outputs",
  openai: "/v1/chat/completions",
};

/** Asks the stand-in of Google for the labels of an image. */
const ask = ({ url }: RunningStandIn, image: Buffer, signal?: AbortSignal): Promise<Response> =>
  fetch(`${url}${paths.google}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-goog-api-key": "stand-in-key" },
    body: JSON.stringify({
      requests: [{ image: { content: image.toString("base64") }, features: [{ type: "LABEL_DETECTION" }] }],
    }),
    ...(signal && { signal }),
  });

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("the softmax of equal scores is uniform, and large scores do not overflow", () => {
  assert.deepEqual(softmax([2, 2, 2, 2]), [0.25, 0.25, 0.25, 0.25]);
  assert.deepEqual(softmax([1000, 0]), [1, 0]);
  assert.ok(Math.abs((softmax([4, 0, 0])[0] as number) - pure.first) < 1e-12);
});

test("a throttled request has Retry-After, is not paid, and is answered the next time", async (t) => {
  const server = await standInOf(t, "google", { faults: 0.5, fault: ["429"] });
  const image = await flatFile("#ff0000");
  const statuses: number[] = [];
  for (let n = 0; n < 20; n++) {
    const response = await ask(server, image);
    statuses.push(response.status);
    assert.equal(response.headers.get("retry-after"), response.status === 429 ? "1" : null);
    await response.arrayBuffer();
  }
  const log = await server.logged(20);
  assert.ok(statuses.includes(429) && statuses.includes(200));
  assert.deepEqual(
    log.map(({ status, fault, paid, answered, images }) => [status, fault, paid.length, answered, images]),
    statuses.map((status) =>
      status === 429 ? [429, "429", 0, false, [sha256(image)]] : [200, null, 1, true, [sha256(image)]],
    ),
  );
});

test("each fault is what its name announces, and none is paid but a slow answer", async (t) => {
  const image = await flatFile("#ff0000");
  const of = async (fault: "500" | "malformed" | "content-type" | "disconnect" | "slow" | "quota") => {
    const server = await standInOf(t, "google", { faults: 1, fault: [fault], delay: 0.3 });
    const start = performance.now();
    const response = await ask(server, image);
    const text = await response.text().catch(() => "broken");
    const [line] = await server.logged(1);
    return { response, text, seconds: (performance.now() - start) / 1000, paid: line?.paid.length, line };
  };
  const internal = await of("500");
  assert.deepEqual(
    [internal.response.status, JSON.parse(internal.text).error.status, internal.paid],
    [500, "INTERNAL", 0],
  );
  const malformed = await of("malformed");
  assert.equal(malformed.response.status, 200);
  assert.throws(() => JSON.parse(malformed.text), SyntaxError);
  const page = await of("content-type");
  assert.match(page.response.headers.get("content-type") ?? "", /^text\/html/);
  assert.deepEqual([malformed.paid, page.paid], [0, 0]);
  const broken = await of("disconnect");
  assert.deepEqual([broken.text, broken.paid, broken.line?.answered], ["broken", 0, false]);
  const slow = await of("slow");
  assert.ok(slow.seconds >= 0.29, `${slow.seconds}`);
  assert.deepEqual([JSON.parse(slow.text).responses.length, slow.paid], [1, 1]);
  const quota = await of("quota");
  assert.deepEqual([quota.response.status, JSON.parse(quota.text).error.status], [429, "RESOURCE_EXHAUSTED"]);
});

test("a client that does not wait for a slow answer does not pay for it", async (t) => {
  const server = await standInOf(t, "google", { faults: 1, fault: ["slow"], delay: 0.5 });
  await assert.rejects(ask(server, await flatFile("#ff0000"), AbortSignal.timeout(150)));
  const [line] = await server.logged(1);
  assert.deepEqual([line?.answered, line?.paid], [false, []]);
});

test("a wrong key is refused with faults too", async (t) => {
  const server = await standInOf(t, "google", { key: "another", faults: 1, fault: ["500"] });
  assert.equal((await ask(server, await flatFile("#ff0000"))).status, 400);
});

for (const vendor of Object.keys(paths) as VendorName[])
  test(`the stand-in of ${vendor} refuses hostile requests with errors in JSON, none of them 500`, async (t) => {
    const server = await standInOf(t, vendor);
    const url = `${server.url}${paths[vendor]}`;
    const keys = {
      "x-goog-api-key": "stand-in-key",
      "ocp-apim-subscription-key": "stand-in-key",
      authorization: vendor === "clarifai" ? "Key stand-in-key" : "Bearer stand-in-key",
      "x-amz-target": "RekognitionService.DetectLabels",
    };
    const bodies = [
      ...["", "{", "null", "[]", "7", '"a"', '{"__proto__": {"a": 1}}', `{"inputs": ${"[".repeat(1e5)}`],
      ...[`${"[".repeat(1e5)}${"]".repeat(1e5)}`, '{"requests": [null]}', '{"messages": [{"role": "user"}]}'],
      ...[Buffer.from([0xff, 0xfe, 0x00]), bomb(100_000), Buffer.from("\x89PNG\r\n\x1a\n", "latin1")],
    ];
    for (const type of ["application/json", "application/octet-stream", "text/plain", ""])
      for (const body of bodies) {
        const headers = { ...keys, ...(type !== "" && { "content-type": type }) };
        const { status, text } = await reply(url, { method: "POST", headers, body });
        assert.ok(status >= 400 && status < 500, `${status} ${type} ${String(body).slice(0, 20)}`);
        JSON.parse(text);
      }
    for (const [method, path] of [
      ["GET", paths[vendor]],
      ["PUT", paths[vendor]],
      ["POST", "/../../etc/passwd"],
      ["POST", "//"],
      ["POST", `/${"a".repeat(5000)}`],
      ["POST", "/%00%ff"],
    ] as const) {
      const { status } = await reply(`${server.url}${path}`, { method, headers: keys });
      assert.ok(status >= 400 && status < 500, `${status} ${method} ${path.slice(0, 30)}`);
    }
  });

const reply = async (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string | Buffer },
) => {
  const response = await fetch(url, init as RequestInit);
  return { status: response.status, text: await response.text() };
};

/** A PNG file of `side` · `side` black pixels in a few bytes: its header announces them. */
function bomb(side: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const named = Buffer.concat([Buffer.from(type), data]);
    return Buffer.concat([length, named, crc(named)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  const data = deflateSync(Buffer.alloc(10_000));
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

function crc(bytes: Buffer): Buffer {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  const result = Buffer.alloc(4);
  result.writeUInt32BE((value ^ 0xffffffff) >>> 0);
  return result;
}

test("an image that decodes to more pixels than the limit is refused before it is decoded", async (t) => {
  const server = await standInOf(t, "google");
  const start = performance.now();
  const response = await ask(server, bomb(60_000));
  const { responses } = (await response.json()) as { responses: { error?: { message: string } }[] };
  assert.deepEqual(responses[0]?.error?.message, "Bad image data.");
  assert.ok(performance.now() - start < 2000);
});

test("requests that are sent together are all answered", async (t) => {
  const server = await standInOf(t, "google");
  const images = await Promise.all(["#ff0000", "#00ff00", "#0000ff"].map((color) => flatFile(color)));
  const answers = await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const response = await ask(server, images[n % 3] as Buffer);
      const { responses } = (await response.json()) as { responses: { labelAnnotations: { description: string }[] }[] };
      return responses[0]?.labelAnnotations[0]?.description;
    }),
  );
  const names = colorNames.map((name) => name.split(",")[0]);
  assert.deepEqual(
    answers,
    Array.from({ length: 30 }, (_, n) => names[n % 3]),
  );
});

test("closing ends connections that are open", async (t) => {
  const server = await standInOf(t, "google");
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\na");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server.close();
  await closed;
});

test("a port in use, and a judge that is no classifier, are one sentence", async (t) => {
  const server = await standInOf(t, "google");
  const port = Number(new URL(server.url).port);
  await assert.rejects(standInOf(t, "google", { port }), {
    name: "UserError",
    message: `cannot listen on 127.0.0.1 at port ${port}: the port is in use; 0 chooses a free one`,
  });
  await assert.rejects(standInOf(t, "google", { judge: "missing.onnx" }), { name: "UserError" });
  await assert.rejects(standInOf(t, "google", { log: "/no/such/folder/log" }), /cannot write the log/);
});
