/// <reference lib="dom" />
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import type { FastifyInstance } from "fastify";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { playgroundServer } from "../src/playground/server.js";
import { playgroundSite } from "../src/playground/site.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Playwright's own warning where a test does without the service worker. */
const BLOCKED = "Service Worker registration blocked by Playwright";

/** The playground, served on a free port of this machine. */
export class ServedPlayground {
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly url: string,
    private readonly app: FastifyInstance,
  ) {
    app.server.on("connection", (socket) => this.sockets.add(socket));
  }

  /** Bytes that were sent to all pages, compressed and with headers. */
  get sent(): number {
    return [...this.sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  }

  static async start(): Promise<ServedPlayground> {
    const site = await playgroundSite({ processors: [], recognizers: [] });
    const app = await playgroundServer({ site, loopback: true, onFailure: (message) => console.error(message) });
    await app.listen({ port: 0, host: "127.0.0.1" });
    return new ServedPlayground(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`, app);
  }

  async end(): Promise<void> {
    this.app.server.closeAllConnections();
    await this.app.close();
  }
}

/** A file as a visitor drops it. */
export interface DroppedFile {
  readonly name: string;
  readonly content: Buffer;
}

/** A page of the playground, and what it wrote to its console. */
export class PlaygroundPage {
  /** Errors, warnings and refusals of the content security policy. */
  readonly messages: string[] = [];

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
  ) {
    page.on("console", (message) => {
      const bad = message.type() === "error" || message.type() === "warning";
      if (bad && !message.text().includes(BLOCKED)) this.messages.push(message.text());
    });
    page.on("pageerror", (error) => this.messages.push(String(error)));
  }

  /** Opens the page in a context of its own. @param prepare is called before the page is loaded. */
  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
    prepare: (context: BrowserContext) => Promise<unknown> = async () => {},
  ): Promise<PlaygroundPage> {
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(60_000);
    await prepare(context);
    const opened = new PlaygroundPage(await context.newPage(), context);
    await opened.page.goto(url);
    return opened;
  }

  /** Waits until images can be opened. */
  async ready(): Promise<void> {
    await this.page.getByRole("heading", { name: "Image", exact: true }).waitFor();
  }

  /** Waits until nothing runs, with recognizers' predictions there. */
  async finished(): Promise<void> {
    await this.page.locator(".version .judged").first().waitFor();
    await this.page.locator(".activity").waitFor({ state: "detached" });
  }

  /** Opens a sample by its place. */
  async sample(place: number): Promise<void> {
    await this.page
      .getByRole("button", { name: /^Sample/ })
      .nth(place)
      .click();
    await this.finished();
  }

  /** Drops files onto the page. */
  async drop(...files: readonly DroppedFile[]): Promise<void> {
    const sent = files.map(({ name, content }) => ({ name, content: content.toString("base64") }));
    await this.page.evaluate((given) => {
      const dataTransfer = new DataTransfer();
      for (const { name, content } of given) {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name));
      }
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, sent);
  }

  /** The card of a version of the image. */
  version(label: string) {
    return this.page.getByRole("article", { name: label, exact: true });
  }

  /** The file that a version's button saves: its name and content. */
  async download(label: string): Promise<DroppedFile> {
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.version(label).getByRole("button", { name: "Download PNG" }).click(),
    ]);
    return { name: download.suggestedFilename(), content: await buffer(await download.createReadStream()) };
  }

  /** Fails for serious violations of accessibility, light or dark, and where the page is wider than a phone. */
  async requireUsable(state: string): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await this.page.evaluate(axe);
      // Only colors differ between the schemes.
      const rules = colorScheme === "light" ? {} : { runOnly: ["color-contrast"] };
      const serious = await this.page.evaluate(async (options) => {
        const { axe: checker } = window as unknown as { axe: Checker };
        const { violations } = await checker.run(options);
        return violations
          .filter(({ impact }) => impact === "serious" || impact === "critical")
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      }, rules);
      assert.deepEqual(serious, [], `${state}, ${colorScheme}`);
    }
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: 390, height: 844 });
    const width = await this.page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 390, `${state}: the page scrolls sideways on a phone`);
    if (size) await this.page.setViewportSize(size);
  }
}

interface Checker {
  run(options: object): Promise<{
    violations: { id: string; impact?: string; nodes: { target: string[] }[] }[];
  }>;
}
