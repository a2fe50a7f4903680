/// <reference lib="dom" />
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { ReportDocument } from "../src/report/document.js";
import { reportPage } from "../src/report/html.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A report that is open in a browser, with everything that it should not do. */
export class OpenedReport {
  private constructor(
    readonly page: Page,
    /** Errors of scripts and of the console, and violations of the policy. */
    readonly errors: readonly string[],
    /** Requests other than that of the file itself. */
    readonly requests: readonly string[],
  ) {}

  static async open(browser: Browser, file: string, device: BrowserContextOptions = {}): Promise<OpenedReport> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false, ...device });
    const page = await context.newPage();
    const url = pathToFileURL(file).href;
    const [errors, requests]: [string[], string[]] = [[], []];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("dialog", (dialog) => {
      errors.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("request", (request) => {
      if (request.url() !== url && !request.url().startsWith("data:")) requests.push(request.url());
    });
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
        console.error(`${violatedDirective}: ${blockedURI}`),
      );
    });
    await page.goto(url);
    await page.locator("main").waitFor();
    return new OpenedReport(page, errors, requests);
  }

  /** Opens a document that is no command's. */
  static async of(browser: Browser, document: ReportDocument, file: string): Promise<OpenedReport> {
    writeFileSync(file, await reportPage(document));
    return OpenedReport.open(browser, file);
  }

  /** The texts of a table's rows, by column, when it has any: those of figures follow after a click. */
  async rows(caption: string | RegExp): Promise<string[][]> {
    const shown = this.table(caption).locator("tbody tr:not(.space)");
    await shown.first().waitFor();
    const rows = await shown.all();
    return Promise.all(rows.map((row) => row.locator("th, td").allInnerTexts()));
  }

  table(caption: string | RegExp) {
    return this.page.locator("table", { has: this.page.locator("caption", { hasText: caption }) }).first();
  }

  /** Nothing went wrong, nothing was loaded, and nothing is wider than the page. */
  async requireClean(): Promise<void> {
    assert.deepEqual(this.errors, []);
    assert.deepEqual(this.requests, []);
    const { scroll, client } = await this.page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      client: document.documentElement.clientWidth,
    }));
    assert.ok(scroll <= client, `the page is ${scroll} pixels wide on a screen of ${client}`);
  }

  /** axe-core finds nothing that is serious. */
  async requireAccessible(): Promise<void> {
    // Playwright's own world: the policy of the page does not apply, and the page cannot see it.
    await this.page.evaluate(axe);
    const serious = await this.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      interface Violation {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { readonly html: string }[];
      }
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
    });
    assert.deepEqual(serious, []);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
