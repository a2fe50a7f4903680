import { join } from "node:path";
import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import { randomAt } from "../src/random.js";
import { stopServer } from "../src/serving/listen.js";
import { adminTokenOf } from "../src/study/admin-token.js";
import { tokenHash } from "../src/study/codes.js";
import { createStudy, type StudySettings } from "../src/study/create.js";
import type { StudyItem } from "../src/study/definition.js";
import { openStore } from "../src/study/open-store.js";
import type { PageFile } from "../src/study/page-files.js";
import type { Session } from "../src/study/protocol.js";
import { type StudyServerOptions, studyServer } from "../src/study/server.js";
import type { StudyStore } from "../src/study/store.js";
import { openStudy, type Study } from "../src/study/study-folder.js";
import type { Acknowledged } from "./study-load.js";
import { temporaryFolder } from "./workspace.js";

/** A small image of random colors. */
const noise = (seed: number) => {
  const random = randomAt(seed);
  return { width: 16, height: 16, data: Uint8Array.from({ length: 768 }, () => random.integer(256)) };
};

const settings: StudySettings = {
  ...{ title: "A test", kind: "quality", systems: ["plain", "ra"], consent: "Yes?", exposure: 500, seed: 1, about: {} },
  ...{ access: { cap: 100 }, exclusions: {}, simulated: false },
};

/** What a test's study has beside the defaults: 12 items, 1 check, 6 trials of a participant. */
export interface StudyParts extends Partial<StudySettings> {
  readonly items?: number;
  readonly checks?: number;
}

/** Creates a study in a temporary folder. */
export async function testStudy(t: TestContext, parts: StudyParts = {}): Promise<Study> {
  const { items = 12, checks = 1, ...given } = parts;
  const folder = join(temporaryFolder(t), "study");
  const all = { ...settings, trials: 6, ...given };
  await createStudy(folder, all, async (addImage) => {
    const itemOf = async (index: number): Promise<StudyItem> => {
      const id = `${index}.png`;
      const images: Record<string, string> = {};
      for (const [i, system] of all.systems.entries()) images[system] = await addImage(noise(index * 10 + i));
      if (all.kind === "quality") return { kind: "quality", id, images };
      if (all.kind === "naming") return { kind: "naming", id, images, accepted: ["dog"], choices: ["dog", "cat"] };
      const labels = Object.fromEntries(all.systems.map((system, i) => [system, [`label ${i}`, "thing"]]));
      return { kind: "labels", id, image: images[all.systems[0] as string] as string, labels };
    };
    const checkOf = async (index: number): Promise<StudyItem> => {
      const images = { intact: await addImage(noise(-1 - index)), damaged: await addImage(noise(-100 - index)) };
      return { kind: "quality", id: `check ${index}`, check: "intact", images };
    };
    const [regular, checking]: [StudyItem[], StudyItem[]] = [[], []];
    for (let index = 0; index < items; index++) regular.push(await itemOf(index));
    if (all.kind === "quality") for (let index = 0; index < checks; index++) checking.push(await checkOf(index));
    return { regular, checks: checking };
  });
  return openStudy(folder);
}

/** A study's server that a test uses. */
export interface RunningStudy {
  readonly url: string;
  readonly app: FastifyInstance;
  readonly store: StudyStore;
  readonly adminToken: string;
  /** Failures of the server: there should be none. */
  readonly failures: readonly string[];
}

/** Pages without content, for tests of the messages alone. */
const noPages: ReadonlyMap<string, PageFile> = new Map([["/", { content: "<!doctype html>", type: "text/html" }]]);

/** Serves a study on a free port until the test ends. */
export async function serveStudy(
  t: TestContext,
  study: Study,
  { database, ...options }: Partial<StudyServerOptions> & { database?: string } = {},
): Promise<RunningStudy> {
  const store = await openStore(study, database);
  const adminToken = await adminTokenOf(study.folder);
  const failures: string[] = [];
  const app = await studyServer({
    ...{ study, store, pages: noPages, adminToken, trustProxy: false, closed: false, loopback: true },
    onFailure: (message) => void failures.push(message),
    ...options,
  });
  t.after(async () => {
    await stopServer(app);
    await store.close();
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  return { url, app, store, adminToken, failures };
}

/** A response: its status, headers and parsed body. */
export interface Reply<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** Sends JSON to a study, with a token. A body of text or bytes is sent as it is. */
export async function post<Body = { readonly error?: string }>(
  url: string,
  body: unknown,
  token?: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply<Body>> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? ({} as Body) : JSON.parse(text) };
}

/** Joins a study. */
export const joinStudy = async (url: string, more: object = {}): Promise<Session> =>
  (await post<Session>(`${url}/api/participants`, { consent: true, ...more })).body;

/** An answer that is valid for a pair. */
export const answerTo = (trial: number, more: object = {}) => ({
  ...{ trial, choice: "left", milliseconds: 1200.5, input: "pointer", viewport: [800, 600] },
  ...more,
});

/** How many acknowledged answers a store lacks, and how many it has otherwise than they were given. */
export async function verifyStored(
  store: StudyStore,
  acknowledged: readonly Acknowledged[],
): Promise<{ readonly lost: number; readonly different: number }> {
  const stored = new Map((await store.answers()).map((answer) => [`${answer.participant} ${answer.trial}`, answer]));
  let [lost, different] = [0, 0];
  for (const { token, trial, choice, milliseconds } of acknowledged) {
    const participant = await store.participantOf(tokenHash(token));
    const answer = stored.get(`${participant?.number} ${trial}`);
    if (!answer) lost++;
    else if (answer.choice !== choice || answer.milliseconds !== milliseconds) different++;
  }
  return { lost, different };
}
