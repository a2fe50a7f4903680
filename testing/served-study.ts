import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Image } from "../src/images/image.js";
import { randomAt } from "../src/random.js";
import { stopServer } from "../src/serving/listen.js";
import { type AddImage, createStudy, type StudyItems, type StudySettings } from "../src/study/create.js";
import type { StudyItem, StudyKind } from "../src/study/definition.js";
import { openStore } from "../src/study/open-store.js";
import { readPageFiles } from "../src/study/page-files.js";
import { type StudyServerOptions, studyServer } from "../src/study/server.js";
import type { StudyStore } from "../src/study/store.js";
import { openStudy, type Study } from "../src/study/study-folder.js";

/** Names of the classes of the items. */
export const names = ["otter", "école", "great dane", "teapot", "dune", "kite", "lantern", "plough"];

/** A study in a temporary folder, and its server. */
export class ServedStudy {
  #app: FastifyInstance | undefined;
  #store: StudyStore | undefined;
  #port = 0;

  private constructor(
    readonly study: Study,
    private readonly options: Partial<StudyServerOptions>,
  ) {}

  /** Creates a study and serves it on a free port of this machine. */
  static async start(settings: StudySettings, options: Partial<StudyServerOptions> = {}, checks = 1, side = 48) {
    const folder = join(mkdtempSync(join(tmpdir(), "legible-study-")), "study");
    await createStudy(folder, settings, (addImage) => itemsOf(settings.kind, checks, side, addImage));
    const served = new ServedStudy(await openStudy(folder), options);
    await served.listen();
    return served;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Serves the study, after `stop` on the same port as before. */
  async listen(): Promise<void> {
    const [store, pages] = await Promise.all([openStore(this.study), readPageFiles()]);
    const onFailure = (message: string) => console.error(message);
    const rest = { adminToken: "t".repeat(43), trustProxy: false, closed: false, loopback: true, onFailure };
    const app = await studyServer({ study: this.study, store, pages, ...rest, ...this.options });
    await app.listen({ port: this.#port, host: "127.0.0.1" });
    this.#port = (app.server.address() as AddressInfo).port;
    [this.#app, this.#store] = [app, store];
  }

  /** Stops the server; requests are refused from then on. */
  async stop(): Promise<void> {
    if (!this.#app || !this.#store) return;
    this.#app.server.closeAllConnections();
    await stopServer(this.#app);
    await this.#store.close();
    [this.#app, this.#store] = [undefined, undefined];
  }

  /** Stops the server and deletes the study. */
  async end(): Promise<void> {
    await this.stop();
    rmSync(join(this.study.folder, ".."), { recursive: true, force: true });
  }
}

/** Settings of a study with 4 trials; the rest as given. */
export const studySettings = (kind: StudyKind, rest: Partial<StudySettings> = {}): StudySettings => ({
  ...{
    title: `A study of ${kind}`,
    kind,
    systems: ["plain", "ra"],
    exposure: 100,
    seed: 1,
    about: {},
    simulated: true,
  },
  ...{ consent: "You look at images.\n\nYour answers are stored without your name.", trials: 4, exclusions: {} },
  access: { cap: 100 },
  ...rest,
});

/** Eight items and some attention checks, with images of `side` × `side` pixels. */
async function itemsOf(kind: StudyKind, checks: number, side: number, addImage: AddImage): Promise<StudyItems> {
  const itemAt = async (index: number, [a, b]: readonly [string, string]): Promise<StudyItem> => {
    const id = `${names[index]}.png`;
    const image = () => addImage(noise(side, index));
    if (kind === "labels")
      return { kind, id, image: await image(), labels: { [a]: labels(index, a), [b]: labels(index, b) } };
    const images = { [a]: await image(), [b]: await addImage(noise(side, 100 + index)) };
    if (kind === "quality") return { kind, id, images };
    return { kind, id, images, choices: names, accepted: [names[index] as string] };
  };
  const regular = await Promise.all(names.map((_, index) => itemAt(index, ["plain", "ra"])));
  const checking = Array.from({ length: checks }, async (_, index): Promise<StudyItem> => {
    const item = { ...(await itemAt(index, ["intact", "damaged"])), id: `check ${index}` };
    return item.kind === "naming" ? { ...item, check: true } : { ...item, check: "intact" };
  });
  return { regular, checks: await Promise.all(checking) };
}

const labels = (index: number, system: string): string[] => [
  names[index] as string,
  `${system} label ${index}`,
  "thing",
];

/** Random pixels: any change of scale or position changes them. */
function noise(side: number, seed: number): Image {
  const random = randomAt(seed);
  return { width: side, height: side, data: Uint8Array.from({ length: side * side * 3 }, () => random.integer(256)) };
}
