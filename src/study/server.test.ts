import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { answerTo, joinStudy, post, serveStudy, testStudy } from "../../testing/study.js";
import { assignedTrials } from "./assignment.js";
import { codeHash } from "./codes.js";
import { Finished, Session, Stored, StudyInfo, StudyStatus } from "./protocol.js";
import { answersIn } from "./rows.js";

test("a participant joins, answers, resumes and finishes; the rows state the systems of each side", async (t) => {
  const study = await testStudy(t);
  const { url, store, failures } = await serveStudy(t, study);
  const info = StudyInfo.parse(await (await fetch(`${url}/api/study`)).json());
  assert.deepEqual([info.trials, info.needs_code, info.open, info.kind], [7, false, true, "quality"]);
  const joined = await post(`${url}/api/participants`, { consent: true });
  assert.equal(joined.status, 201);
  const { token, trials } = Session.parse(joined.body);
  assert.equal(trials.length, 7);
  assert.ok(!JSON.stringify(joined.body).match(/plain|ra"|intact|damaged|check/), "no message names a system");
  const choices = ["left", "right", "tie"] as const;
  for (const trial of [0, 2, 1]) {
    const stored = await post(`${url}/api/answers`, answerTo(trial, { choice: choices[trial] }), token);
    assert.equal(stored.status, 200);
    assert.equal(Stored.parse(stored.body).first, true);
  }
  const session = await fetch(`${url}/api/session`, { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual(Session.parse(await session.json()), { token, trials, answered: [0, 1, 2], finished: false });
  const early = await post(`${url}/api/finish`, {}, token);
  assert.deepEqual([early.status, early.body], [400, { error: "4 of the trials are not answered yet" }]);
  for (const trial of [3, 4, 5, 6]) await post(`${url}/api/answers`, answerTo(trial), token);
  const finished = await post(`${url}/api/finish`, {}, token);
  assert.match(Finished.parse(finished.body).completion, /^\w{4}-\w{4}-\w{4}$/);
  assert.deepEqual((await post(`${url}/api/finish`, {}, token)).body, finished.body);

  const { answers } = await answersIn(store, study.definition);
  const assigned = assignedTrials(study.definition, 0);
  assert.equal(answers.length, 7);
  for (const [i, row] of answers.entries()) {
    const { item, left, right } = assigned[i] as (typeof assigned)[0];
    assert.deepEqual([row.item, row.left, row.right], [item.id, left, right]);
    assert.equal(row.chosen, { left, right, tie: null, neither: null }[row.choice as "left"]);
    assert.equal(row.correct, row.check ? row.chosen === "intact" : null);
    // The page got the images of these systems on these sides.
    assert.ok(item.kind === "quality" && trials[i]?.kind === "quality");
    assert.deepEqual([trials[i].left, trials[i].right], [item.images[left], item.images[right as string]]);
  }
  assert.deepEqual(failures, []);
});

test("an answer that is sent again, changed or not, changes nothing", async (t) => {
  const { url, store } = await serveStudy(t, await testStudy(t));
  const { token } = await joinStudy(url);
  await post(`${url}/api/answers`, answerTo(0), token);
  for (const again of [answerTo(0), answerTo(0, { choice: "right" })]) {
    const { status, body } = await post(`${url}/api/answers`, again, token);
    assert.deepEqual([status, body], [200, { first: false, answered: 1 }]);
  }
  assert.deepEqual(
    (await store.answers()).map(({ choice }) => choice),
    ["left"],
  );
});

test("joining again with the same key continues as the same participant", async (t) => {
  const study = await testStudy(t, { access: { codes: ["ABCD-2345"] } });
  const { url, store } = await serveStudy(t, study);
  const key = "0123456789abcdef0123456789abcdef";
  const first = await joinStudy(url, { code: "abcd2345", key });
  await post(`${url}/api/answers`, answerTo(1), first.token);
  const again = await joinStudy(url, { code: "ABCD-2345", key });
  assert.deepEqual(again, { ...first, answered: [1] });
  assert.equal((await store.counts()).joined, 1);
});

test("a code is used once, a wrong code is refused, and too many wrong codes are", async (t) => {
  const study = await testStudy(t, { access: { codes: ["AAAA-2222", "BBBB-3333"] } });
  const { url, store } = await serveStudy(t, study);
  const status = async (body: object) => (await post(`${url}/api/participants`, { consent: true, ...body })).status;
  assert.equal(await status({}), 403);
  assert.equal(await status({ code: "CCCC-2222" }), 403);
  assert.equal(await status({ code: "AAAA-2222" }), 201);
  assert.equal(await status({ code: " aaaa 2222" }), 403);
  assert.equal(await status({ code: "BBBB-3333" }), 201);
  const wrong = [];
  for (let i = 0; i < 70; i++) wrong.push(await status({ code: `GUESS-${i}` }));
  assert.equal(wrong[0], 403);
  assert.equal(wrong.at(-1), 429);
  assert.equal((await store.counts()).joined, 2);
  const text = readFileSync(join(study.folder, "study.json"), "utf8");
  assert.ok(!text.includes("AAAA") && text.includes(codeHash(study.definition.id, "AAAA-2222")));
  assert.equal(statSync(join(study.folder, "codes.csv")).mode & 0o777, 0o600);
});

test("an open study takes participants up to its cap; those who joined continue, also when it is closed", async (t) => {
  const study = await testStudy(t, { access: { cap: 2 } });
  const { url, store } = await serveStudy(t, study);
  const { token } = await joinStudy(url);
  await joinStudy(url);
  assert.equal((await post(`${url}/api/participants`, { consent: true })).status, 409);
  assert.equal(StudyInfo.parse(await (await fetch(`${url}/api/study`)).json()).open, false);
  assert.equal((await post(`${url}/api/answers`, answerTo(0), token)).status, 200);
  assert.equal((await store.counts()).joined, 2);
  const closed = await serveStudy(t, await testStudy(t), { closed: true });
  const refused = await post(`${closed.url}/api/participants`, { consent: true });
  assert.deepEqual([refused.status, refused.body], [410, { error: "the study is closed" }]);
});

test("an answer must fit the kind of its trial", async (t) => {
  const labels = await serveStudy(t, await testStudy(t, { kind: "labels" }));
  const naming = await serveStudy(t, await testStudy(t, { kind: "naming" }));
  const quality = await serveStudy(t, await testStudy(t));
  const none = { choice: undefined };
  const cases = [
    [labels, { choice: "neither" }, 200],
    [labels, { ...none, name: "dog" }, 400],
    [quality, { choice: "neither" }, 400],
    [quality, none, 400],
    [quality, { name: "dog" }, 400],
    [quality, { exposure: 500 }, 400],
    [naming, { ...none, name: "dog", exposure: 499.9 }, 200],
    [naming, { ...none, name: "horse" }, 400],
    [naming, { name: "dog" }, 400],
    [naming, none, 400],
  ] as const;
  for (const [{ url }, more, expected] of cases) {
    const { token } = await joinStudy(url);
    const { status, body } = await post(`${url}/api/answers`, answerTo(0, more), token);
    assert.equal(status, expected, `${JSON.stringify(more)}: ${JSON.stringify(body)}`);
  }
  const { answers } = await answersIn(naming.store, (await testStudy(t, { kind: "naming" })).definition);
  assert.deepEqual(
    answers.map(({ name, exposure, right, chosen }) => [name, exposure, right, chosen]),
    [["dog", 499.9, null, null]],
  );
});

test("images of the definition are served, and no other file of the folder", async (t) => {
  const study = await testStudy(t);
  const { url, adminToken } = await serveStudy(t, study);
  const { trials } = await joinStudy(url);
  const image = trials[0]?.kind === "quality" ? trials[0].left : "";
  const response = await fetch(`${url}/images/${image}`);
  assert.equal(response.headers.get("content-type"), "image/png");
  const content = Buffer.from(await response.arrayBuffer());
  assert.deepEqual(content, readFileSync(join(study.folder, "images", image)));
  for (const path of ["study.json", "images/", "images", "answers.db", "admin-token", "codes.csv"])
    assert.equal((await fetch(`${url}/${path}`)).status, 404, path);
  for (const path of [
    "%2e%2e%2fstudy.json",
    "..%2fadmin-token",
    "%2e%2e/answers.db",
    "..%5cstudy.json",
    "%00.png",
    `${image}%00`,
  ])
    for (const status of [(await fetch(`${url}/images/${path}`)).status]) assert.ok([400, 404].includes(status), path);
  assert.equal(adminToken.length, 43);
});

test("the admin sees counts and answers with the token alone", async (t) => {
  const { url, adminToken } = await serveStudy(t, await testStudy(t, { simulated: true }));
  const { token } = await joinStudy(url);
  await post(`${url}/api/answers`, answerTo(0), token);
  const get = (path: string, by?: string) =>
    fetch(`${url}/api/admin/${path}`, { headers: by === undefined ? {} : { authorization: `Bearer ${by}` } });
  const { last_answer: last, ...counts } = StudyStatus.parse(await (await get("status", adminToken)).json());
  assert.deepEqual(counts, { title: "A test", simulated: true, joined: 1, completed: 0, free: 99, answers: 1 });
  assert.ok(Math.abs(Date.parse(last as string) - Date.now()) < 60_000);
  const csv = await (await get("answers.csv", adminToken)).text();
  assert.match(csv, /^participant,trial,.*,simulated\n[0-9a-f]{16},0,quality,.*,true\n$/);
  for (const path of ["status", "answers.csv"])
    for (const wrong of [undefined, token, adminToken.slice(1), `${adminToken}x`])
      assert.equal((await get(path, wrong)).status, 401);
});

test("every response has the headers that keep a browser to the study's own files", async (t) => {
  const { url } = await serveStudy(t, await testStudy(t));
  for (const path of ["/", "/api/study", "/nothing", "/api/session"]) {
    const { headers } = await fetch(`${url}${path}`);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/, path);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(!/unsafe|https?:|\*|data:/.test(policy), policy);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("set-cookie"), null);
    assert.equal(headers.get("access-control-allow-origin"), null);
  }
});

test("the token of a participant is limited to 20 requests a second over a minute", async (t) => {
  const { url, app } = await serveStudy(t, await testStudy(t));
  const [{ token }, other] = [await joinStudy(url), await joinStudy(url)];
  const headers = { authorization: `Bearer ${token}` };
  for (let i = 0; i < 1200; i++) {
    const { statusCode } = await app.inject({ url: "/api/session", headers: { ...headers, host: "localhost" } });
    assert.equal(statusCode, 200);
  }
  const refused = await post(`${url}/api/answers`, answerTo(0), token);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal((await post(`${url}/api/answers`, answerTo(0), other.token)).status, 200);
});
