import { spawn, spawnSync } from "node:child_process";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Browser, chromium as playwright } from "playwright-core";
import { temporaryFolder } from "./workspace.js";

/** The command of the Chromium that is installed, if one is. */
export const chromium: string | undefined = ["chromium", "chromium-browser", "google-chrome"].find(
  (command) => spawnSync(command, ["--version"]).status === 0,
);

/** Files by their path on the server: type and content. */
export type Site = Readonly<Record<string, { readonly type: string; readonly content: string | Uint8Array }>>;

/**
 * Opens `/` of a site in headless Chromium.
 * @returns the body of the page's first POST.
 */
export async function firstPost(t: TestContext, site: Site): Promise<string> {
  let received: (request: IncomingMessage) => void = () => {};
  const posted = new Promise<IncomingMessage>((resolve) => {
    received = resolve;
  });
  const server = createServer((request, response) => {
    if (request.method === "POST") return received(request);
    const file = site[request.url ?? ""];
    response.writeHead(file ? 200 : 404, file && { "content-type": file.type }).end(file?.content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const profile = `--user-data-dir=${temporaryFolder(t)}`;
  // Root, as in containers, has to give up the sandbox.
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", profile];
  // Detached: the browser and its processes form a group, which can be ended as a whole.
  const browser = spawn(chromium as string, [...flags, url], { detached: true, stdio: "ignore" });
  const end = () => browser.kill("SIGKILL");
  t.signal.addEventListener("abort", end);
  const ended = new Promise<never>((_, reject) => {
    browser.on("error", reject);
    browser.on("exit", (code) => reject(new Error(`${chromium} ended with code ${code}`)));
  });
  try {
    return await text(await Promise.race([posted, ended]));
  } finally {
    ended.catch(() => {});
    t.signal.removeEventListener("abort", end);
    if (browser.pid !== undefined) await endGroup(browser.pid);
    server.closeAllConnections();
    server.close();
  }
}

/** A browser that Playwright drives. */
export interface DrivenBrowser {
  readonly browser: Browser;
  /** Ends all processes of the browser. */
  end(): Promise<void>;
}

/**
 * Starts the Chromium that is installed, headless and in a process group of its own.
 * @param flags of the graphics. Default: none are used.
 */
export async function openBrowser(flags: readonly string[] = ["--disable-gpu"]): Promise<DrivenBrowser> {
  const executablePath = spawnSync("sh", ["-c", `command -v ${chromium}`], { encoding: "utf8" }).stdout.trim();
  // Root, as in containers, has to give up the sandbox.
  const args = ["--no-sandbox", ...flags, "--disable-dev-shm-usage"];
  const server = await playwright.launchServer({ executablePath, args, headless: true });
  const group = server.process().pid;
  const end = async () => {
    await Promise.race([server.close(), setTimeout(2000)]);
    if (group !== undefined) await endGroup(group);
  };
  try {
    return { browser: await playwright.connect(server.wsEndpoint()), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * Kills all processes of a group and waits until they are gone: the last of them still write to the browser's profile. Waits
 * at most 4 seconds, because an ended process whose parent does not ask for its status remains in the group.
 */
async function endGroup(group: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      return; // no process is left
    }
    await setTimeout(20);
  }
}
