import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { answerTo, joinStudy, post, type RunningStudy, serveStudy, testStudy } from "../../testing/study.js";
import { assignedTrials } from "./assignment.js";

/** What a server answers to bytes until it closes the connection, and after how many milliseconds it does. */
function raw(url: string, ...parts: readonly (string | Uint8Array)[]): Promise<{ text: string; milliseconds: number }> {
  const { hostname, port } = new URL(url);
  const start = performance.now();
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => {}); // the server may close while this end still writes
    socket.on("close", () => resolve({ text, milliseconds: performance.now() - start }));
    void (async () => {
      for (const part of parts) {
        socket.write(part);
        await setTimeout(20);
      }
    })();
  });
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);

/** A request as text. */
const requestText = (line: string, headers: readonly string[], body = "") =>
  `${line} HTTP/1.1\r\n${["Host: localhost", "Connection: close", ...headers].join("\r\n")}\r\n\r\n${body}`;

/** Nothing was stored, and the server found no failure of its own. */
async function requireUntouched({ store, failures }: RunningStudy, joined = 1): Promise<void> {
  const { answers, completed, ...counts } = await store.counts();
  assert.deepEqual([counts.joined, answers, completed], [joined, 0, 0]);
  assert.deepEqual(failures, []);
}

test("bodies that are no valid answer are refused with one sentence that repeats nothing of them", async (t) => {
  const study = await serveStudy(t, await testStudy(t));
  const { url } = study;
  const { token } = await joinStudy(url);
  const valid = JSON.stringify(answerTo(0));
  const without = (key: string) => JSON.stringify({ ...answerTo(0), [key]: undefined });
  const bodies: readonly (readonly [name: string, body: string | Uint8Array])[] = [
    ...["trial", "choice", "milliseconds", "input", "viewport"].map((key) => [`without ${key}`, without(key)] as const),
    ...[
      ...[{ trial: -1 }, { trial: 7 }, { trial: 1e9 }, { trial: 0.5 }, { trial: "0" }, { trial: null }, { trial: [0] }],
      ...[{ trial: { $gt: 0 } }, { choice: "LEFT" }, { choice: "'; DROP TABLE answers; --" }, { choice: ["left"] }],
      ...[{ choice: "<script>alert(1)</script>" }, { choice: true }, { milliseconds: -1 }, { milliseconds: "5" }],
      ...[{ milliseconds: 1e12 }, { input: "mind" }, { input: "<img src=x onerror=alert(1)>" }, { viewport: [1] }],
      ...[{ viewport: [1, 2, 3] }, { viewport: [-1, 2] }, { viewport: "1x2" }, { viewport: { 0: 1, 1: 2, length: 2 } }],
      ...[{ participant: 0 }, { number: 1 }, { constructor: { prototype: {} } }, { prototype: {} }, { check: true }],
      ...[{ name: "a" }, { name: "" }, { name: "x".repeat(300) }, { name: "a\u0000b" }, { name: "\ud800" }],
    ].map((more) => [JSON.stringify(more), JSON.stringify({ ...answerTo(0), ...more })] as const),
    ["infinite", valid.replace("1200.5", "1e999")],
    ["__proto__", valid.replace("{", '{"__proto__": {"choice": "left"}, ')],
    ["escaped __proto__", valid.replace("{", '{"\\u005f_proto__": {}, ')],
    ["repeated key", valid.replace("{", '{"choice": "right", ')],
    ["repeated key, escaped", valid.replace("{", '{"\\u0063hoice": "right", ')],
    ["repeated key, with a space", valid.replace("{", '{"choice" : "right", ')],
    ...["", "null", "1", '"left"', "[]", "[{}]", "{", "{}}", "NaN", "{'trial': 0}", `${valid}${valid}`].map(
      (text) => [`body ${text}`, text] as const,
    ),
    ["deeply nested", `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`],
    ["not UTF-8", Buffer.from([...Buffer.from('{"name": "'), 0xff, 0xfe, ...Buffer.from('"}')])],
    ["with a byte order mark in the middle", `{"tri\ufeffal": 0}`],
  ];
  for (const [name, body] of bodies) {
    const { status, headers, body: error } = await post(`${url}/api/answers`, body, token);
    assert.equal(status, 400, `${name}: ${JSON.stringify(error)}`);
    assert.match(headers.get("content-type") ?? "", /^application\/json/);
    assert.deepEqual(Object.keys(error), ["error"], name);
    assert.match(error.error ?? "", /^[a-zA-Z0-9 ,]{5,80}$/, name);
  }
  await requireUntouched(study);
});

test("a body, headers or an address of more than the limit are refused", async (t) => {
  const study = await serveStudy(t, await testStudy(t));
  const { url } = study;
  const { token } = await joinStudy(url);
  const large = JSON.stringify({ ...answerTo(0), name: "x".repeat(17 * 1024) });
  assert.equal((await post(`${url}/api/answers`, large, token)).status, 413);
  const claimed = ["Content-Type: application/json", `Authorization: Bearer ${token}`, "Content-Length: 99999999"];
  assert.equal(statusOf((await raw(url, requestText("POST /api/answers", claimed, "{"))).text), 413);
  const chunked = ["Content-Type: application/json", `Authorization: Bearer ${token}`, "Transfer-Encoding: chunked"];
  const chunk = `4400\r\n${" ".repeat(0x4400)}\r\n0\r\n\r\n`;
  assert.equal(statusOf((await raw(url, requestText("POST /api/answers", chunked, chunk))).text), 413);
  assert.equal(statusOf((await raw(url, requestText("GET /api/study", [`X-A: ${"x".repeat(10_000)}`]))).text), 431);
  const many = Array.from({ length: 3000 }, (_, i) => `X-${i}: 1`);
  assert.equal(statusOf((await raw(url, requestText("GET /api/study", many))).text), 431);
  assert.ok(
    [404, 414, 431].includes(statusOf((await raw(url, requestText(`GET /images/${"a".repeat(7000)}`, []))).text)),
  );
  await requireUntouched(study);
});

test("paths out of the study's folder are refused in every encoding", async (t) => {
  const definition = await testStudy(t);
  const study = await serveStudy(t, definition);
  const targets = ["study.json", "answers.db", "admin-token", "../../../../../../etc/passwd"];
  const ways = [
    "/images/../",
    "/images/..%2f",
    "/images/%2e%2e/",
    "/images/%2e%2e%2f",
    "/images/..%5c",
    "/images/%252e%252e%252f",
  ];
  const others = [
    "/images/..;/",
    "//",
    "/./",
    "/images//",
    "/images/%c0%ae%c0%ae/",
    "/images/..%00/",
    "/images/\\..\\",
  ];
  const absolute = [
    "GET http://localhost/admin-token",
    "GET file:///etc/passwd",
    "GET *",
    "GET /%",
    "GET /images/%zz",
    "GET /%ff",
  ];
  const lines = [...ways, ...others].flatMap((way) => targets.map((target) => `GET ${way}${target}`));
  for (const line of [...lines, ...absolute]) {
    const { text } = await raw(study.url, requestText(line, []));
    assert.ok([400, 404].includes(statusOf(text)), `${line}: ${text.slice(0, 200)}`);
    assert.ok(!/root:|legible-study|SQLite format/.test(text), line);
  }
  await requireUntouched(study, 0);
});

test("a forged, foreign or missing token is refused, and answers for nobody", async (t) => {
  const [study, other] = [await serveStudy(t, await testStudy(t)), await serveStudy(t, await testStudy(t))];
  await joinStudy(study.url);
  const foreign = (await joinStudy(other.url)).token;
  const forged = [
    undefined,
    "",
    "null",
    "0",
    "' OR 1=1 --",
    "x".repeat(43),
    foreign,
    study.adminToken,
    "A".repeat(5000),
  ];
  for (const token of forged)
    for (const path of ["answers", "finish"]) {
      const { status, headers } = await post(`${study.url}/api/${path}`, path === "finish" ? {} : answerTo(0), token);
      assert.equal(status, 401, `${path} ${token}`);
      assert.equal(headers.get("www-authenticate"), "Bearer");
    }
  for (const header of ["Basic dXNlcjpwYXNz", "bearer", `Bearer ${foreign}, Bearer ${foreign}`, `Token ${foreign}`]) {
    const response = await fetch(`${study.url}/api/session`, { headers: { authorization: header } });
    assert.equal(response.status, 401);
  }
  await requireUntouched(study);
});

test("a token answers the trials of its own participant alone", async (t) => {
  const definition = await testStudy(t);
  const { url, store } = await serveStudy(t, definition);
  await joinStudy(url);
  const second = await joinStudy(url);
  await post(`${url}/api/answers?participant=0`, answerTo(2), second.token, { "x-participant": "0" });
  assert.deepEqual(
    (await store.answers()).map(({ participant, trial }) => [participant, trial]),
    [[1, 2]],
  );
  const shown = second.trials.map((trial) => (trial.kind === "quality" ? trial.left : ""));
  const own = assignedTrials(definition.definition, 1).map(({ item, left }) =>
    item.kind === "quality" ? item.images[left] : "",
  );
  assert.deepEqual(shown, own);
});

test("a request that another site causes is refused, also under a name that leads to this machine", async (t) => {
  const study = await serveStudy(t, await testStudy(t));
  const { url } = study;
  const join = `${url}/api/participants`;
  const { host } = new URL(url);
  const body = { consent: true };
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `${url}.evil.example` },
    { origin: "http://localhost:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { origin: url, "sec-fetch-site": "cross-site" },
  ];
  for (const headers of foreign)
    assert.equal((await post(join, body, undefined, headers)).status, 403, JSON.stringify(headers));
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
  ])
    assert.equal((await post(join, body, undefined, { "content-type": type })).status, 415, type);
  const json = ["Content-Type: application/json", "Content-Length: 16"];
  const rebound = requestText("POST /api/participants", json, '{"consent":true}').replace(
    "Host: localhost",
    "Host: evil.example",
  );
  assert.equal(statusOf((await raw(url, rebound)).text), 403);
  const options = await fetch(join, { method: "OPTIONS", headers: { origin: "https://evil.example" } });
  assert.equal(options.headers.get("access-control-allow-origin"), null);
  assert.ok(options.status >= 400);
  await requireUntouched(study, 0);
  const own = { origin: `http://${host}`, "sec-fetch-site": "same-origin" };
  assert.equal((await post(join, body, undefined, own)).status, 201);
});

test("behind a proxy the study's own address is the only other origin", async (t) => {
  const { url } = await serveStudy(t, await testStudy(t), { origin: "https://study.example.org" });
  const status = async (origin: string) =>
    (await post(`${url}/api/participants`, { consent: true }, undefined, { origin })).status;
  assert.equal(await status("https://study.example.org"), 201);
  assert.equal(await status("http://study.example.org"), 403);
  assert.equal(await status("https://study.example.org.evil.example"), 403);
});

test("requests that two servers would read differently are refused", async (t) => {
  const study = await serveStudy(t, await testStudy(t));
  const { token } = await joinStudy(study.url);
  const body = JSON.stringify(answerTo(0));
  const post_ = "POST /api/answers";
  const base = ["Content-Type: application/json", `Authorization: Bearer ${token}`];
  const cases: Readonly<Record<string, string>> = {
    "both lengths": requestText(
      post_,
      [...base, "Content-Length: 5", "Transfer-Encoding: chunked"],
      `0\r\n\r\n${body}`,
    ),
    "two lengths": requestText(post_, [...base, "Content-Length: 5", `Content-Length: ${body.length}`], body),
    "two codings": requestText(post_, [...base, "Transfer-Encoding: chunked, identity"], `0\r\n\r\n`),
    "bad chunk": requestText(post_, [...base, "Transfer-Encoding: chunked"], `zz\r\n${body}`),
    "negative length": requestText(post_, [...base, "Content-Length: -1"], body),
    "space before the colon": requestText(post_, [...base, `Content-Length : ${body.length}`], body),
    "folded header": requestText(post_, [...base, "X-A: 1\r\n 2"], body),
    "line feed in a header": requestText("GET /api/study", ["X-A: 1\nX-B: 2"]),
    "null byte in a header": requestText("GET /api/study", ["X-A: \0"]),
    "no host": "GET /api/study HTTP/1.1\r\nConnection: close\r\n\r\n",
    "unknown method": requestText("BREW /api/answers", base),
    "HTTP/9.9": requestText("GET /", []).replace("HTTP/1.1", "HTTP/9.9"),
    "no HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "method override": requestText("GET /api/answers", [...base, "X-HTTP-Method-Override: POST"], ""),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    const status = statusOf((await raw(study.url, bytes)).text);
    assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
  }
  await requireUntouched(study);
});

test("connections that send slowly are closed, and do not keep others waiting", async (t) => {
  const study = await serveStudy(t, await testStudy(t));
  const { token } = await joinStudy(study.url);
  const head = `POST /api/answers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\n`;
  const slow = [
    ...Array.from({ length: 20 }, () => raw(study.url, "GET /api/study HTTP/1.1\r\nHost: localhost\r\n", "X-A: 1\r\n")),
    ...Array.from({ length: 20 }, () => raw(study.url, `${head}Content-Length: 500\r\n\r\n`, "{", '"')),
  ];
  const start = performance.now();
  assert.equal((await fetch(`${study.url}/api/study`)).status, 200);
  assert.ok(performance.now() - start < 2000);
  for (const { text, milliseconds } of await Promise.all(slow)) {
    assert.ok(milliseconds < 15_000, `closed after ${milliseconds} ms`);
    assert.equal(statusOf(text), 408);
  }
  await requireUntouched(study);
});
