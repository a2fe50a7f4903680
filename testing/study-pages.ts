import { after, before } from "node:test";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { type DrivenBrowser, openBrowser } from "./chromium.js";
import type { ServedStudy } from "./served-study.js";
import { devices } from "./study-participant.js";

/** Serves a study during `use`, with a function that opens its page on a device (default: a desktop). */
type During = (
  served: ServedStudy,
  use: (open: (device?: BrowserContextOptions) => Promise<Page>) => Promise<void>,
) => Promise<void>;

/** Opens a browser for the tests of the suite that calls this. */
export function studyPages(): During {
  let driven: DrivenBrowser;
  before(async () => {
    driven = await openBrowser();
  });
  after(() => driven.end());
  return async (served, use) => {
    const contexts: BrowserContext[] = [];
    try {
      await use(async (device = devices.desktop) => {
        const context = await driven.browser.newContext(device);
        contexts.push(context);
        context.setDefaultTimeout(60_000);
        return context.newPage();
      });
    } finally {
      for (const context of contexts) await context.close();
      await served.end();
    }
  };
}
