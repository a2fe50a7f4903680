import assert from "node:assert/strict";
import { test } from "node:test";
import { serveStudy, testStudy } from "../../../testing/study.js";
import type { AnswerRow } from "../answers.js";
import { answersIn } from "../rows.js";
import type { Behavior } from "./behavior.js";
import { simulate } from "./simulate.js";

const behavior: Behavior = {
  ...{ prefer: {}, accuracy: {}, ties: 0, neither: 0, left: 0.5, lapses: 0, itemSpread: 0, participantSpread: 0 },
  ...{ milliseconds: 2000, careless: 0 },
};
const options = (changes: Partial<Behavior> = {}, participants = 24, seed = 3) => ({
  ...{ participants, seed, behavior: { ...behavior, ...changes } },
  ...{ codes: [], signal: new AbortController().signal },
});

/** Answers of simulated participants to a new study of a kind, served over HTTP. */
async function simulated(
  t: Parameters<typeof testStudy>[0],
  kind: "quality" | "labels" | "naming",
  changes: Partial<Behavior>,
  participants?: number,
) {
  const study = await testStudy(t, { kind, simulated: true });
  const { url, store, failures } = await serveStudy(t, study);
  const stored = await simulate(url, study.definition, options(changes, participants));
  const read = await answersIn(store, study.definition);
  assert.deepEqual(failures, []);
  assert.equal(stored, read.answers.length);
  return { study, url, store, ...read };
}

const share = <T>(all: readonly T[], holds: (each: T) => boolean): number => all.filter(holds).length / all.length;
const near = (got: number, want: number, tolerance: number) =>
  assert.ok(Math.abs(got - want) <= tolerance, `${got} instead of ${want}`);
const regular = (answers: readonly AnswerRow[]) => answers.filter(({ check }) => !check);

test("all simulated participants answer all trials once, finish, and choose a system as often as stated", async (t) => {
  const { answers, participants } = await simulated(t, "quality", { prefer: { ra: 0.8 }, ties: 0.2 });
  assert.equal(participants.length, 24);
  assert.ok(participants.every(({ finished_at }) => finished_at !== null));
  assert.equal(answers.length, 24 * 7);
  const own = regular(answers);
  near(
    share(own, ({ choice }) => choice === "tie"),
    0.2,
    0.08,
  ); // 240 answers: 3 standard errors
  const decided = own.filter(({ chosen }) => chosen !== null);
  near(
    share(decided, ({ chosen }) => chosen === "ra"),
    0.8,
    0.09,
  );
  assert.ok(answers.filter(({ check }) => check).every(({ correct }) => correct === true));
});

test("a bias to the left, lapses and times are as stated", async (t) => {
  const { answers } = await simulated(t, "labels", { left: 0.75, neither: 0.1, milliseconds: 5000 });
  near(
    share(answers, ({ choice }) => choice === "neither"),
    0.1,
    0.06,
  );
  const decided = answers.filter(({ chosen }) => chosen !== null);
  near(
    share(decided, ({ choice }) => choice === "left"),
    0.75,
    0.09,
  );
  near(
    share(answers, ({ milliseconds }) => milliseconds < 5000),
    0.5,
    0.15,
  );
});

test("names are right as often as stated by system", async (t) => {
  const { answers } = await simulated(t, "naming", { accuracy: { plain: 0.5, ra: 1 } });
  const of = (system: string) => answers.filter(({ left }) => left === system);
  assert.ok(of("ra").every(({ correct }) => correct === true));
  near(
    share(of("plain"), ({ correct }) => correct === true),
    0.5,
    0.14,
  );
});

test("careless participants are fast and fail checks; they are the last to join", async (t) => {
  const { answers, participants } = await simulated(t, "quality", { careless: 6 }, 12);
  const last = new Set(participants.slice(6).map(({ participant }) => participant));
  const [careless, careful] = [true, false].map((isLast) =>
    answers.filter(({ participant }) => last.has(participant) === isLast),
  );
  assert.ok(share(careless ?? [], ({ milliseconds }) => milliseconds < 700) > 0.9);
  assert.ok(share(careful ?? [], ({ milliseconds }) => milliseconds < 700) < 0.1);
  assert.ok((careless ?? []).some(({ correct }) => correct === false));
  assert.ok((careful ?? []).every(({ correct }) => correct !== false));
});

test("the same seed gives the same answers in another study, and continues in the same study", async (t) => {
  const first = await simulated(t, "quality", { prefer: { ra: 0.6 }, itemSpread: 1, participantSpread: 1 }, 6);
  const second = await simulated(t, "quality", { prefer: { ra: 0.6 }, itemSpread: 1, participantSpread: 1 }, 6);
  const given = ({ answers }: typeof first) =>
    answers.map(({ trial, item, choice, milliseconds }) => [trial, item, choice, milliseconds]);
  assert.deepEqual(given(first), given(second));
  const again = await simulate(first.url, first.study.definition, options({ prefer: { ra: 0.6 } }, 6));
  assert.equal(again, 0);
  assert.equal((await first.store.participants()).length, 6);
});

test("a study for people, another study's server and an unknown system are refused", async (t) => {
  const real = await testStudy(t);
  const { url } = await serveStudy(t, real);
  await assert.rejects(simulate(url, real.definition, options()), /is for people/);
  const other = await testStudy(t, { simulated: true });
  await assert.rejects(simulate(url, other.definition, options()), /another study/);
  await assert.rejects(
    simulate(url, other.definition, options({ prefer: { gan: 1 } })),
    /no system gan; it has plain, ra/,
  );
});

test("with codes, each simulated participant uses one, and too few are refused", async (t) => {
  const codes = ["AAAA-2222", "BBBB-3333", "CCCC-4444"];
  const study = await testStudy(t, { simulated: true, access: { codes } });
  const { url, store } = await serveStudy(t, study);
  await assert.rejects(simulate(url, study.definition, { ...options({}, 4), codes }), /3 codes for 4/);
  await simulate(url, study.definition, { ...options({}, 3), codes });
  assert.equal((await store.participants()).length, 3);
});

test("a server that is down gives one sentence", async (t) => {
  const study = await testStudy(t, { simulated: true });
  const { url, app } = await serveStudy(t, study);
  await app.close();
  const aborted = { ...options(), signal: AbortSignal.timeout(60_000) };
  await assert.rejects(simulate(url, study.definition, aborted), { name: "UserError" });
});
