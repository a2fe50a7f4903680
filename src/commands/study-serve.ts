import { z } from "zod";
import { UserError } from "../errors.js";
import { printable } from "../printable.js";
import { named } from "../settings.js";
import { defineCommand } from "./command.js";
import { hostSetting, portSetting } from "./server-settings.js";
import { databaseSetting, studyFolder } from "./study-settings.js";

export const studyServe = defineCommand({
  name: "study serve",
  settings: z.object({
    folder: studyFolder(),
    port: portSetting(8080),
    host: hostSetting,
    origin: z
      .url({ protocol: /^https?$/, error: "must be an address such as https://study.example.org" })
      .optional()
      .describe("the address of the study for participants, if a proxy forwards it")
      .meta({ placeholder: "url" }),
    trustProxy: z
      .boolean()
      .default(false)
      .describe(
        "take the address that limits count from the proxy's X-Forwarded-For; only behind a proxy that sets it",
      ),
    database: databaseSetting,
    closed: z.boolean().default(false).describe("let nobody join any more; participants who joined can continue"),
  }),
  notes: `The server listens on this machine only, unless --host names another address. For participants elsewhere, put it behind a proxy that
ends TLS, and give the proxy's address with --origin. The address of the admin's page is printed; it contains a secret token.
Answers are on the disk before they are acknowledged. Addresses and browsers of participants are not stored.
Ctrl-C stops the server; run the command again to continue the study.`,
  examples: [
    "legible study serve study",
    "legible study serve study --port 9000 --origin https://study.example.org --trust-proxy",
    "legible study serve study --database postgres://user@db.example.org/studies",
  ],
  async run(settings, { report, print, signal }) {
    const { folder, port, host, trustProxy, database, closed } = settings;
    const { openStudy } = await import("../study/study-folder.js");
    const { openStore } = await import("../study/open-store.js");
    const { studyServer } = await import("../study/server.js");
    const { aborted, listen, stopServer } = await import("../serving/listen.js");
    const { readPageFiles } = await import("../study/page-files.js");
    const { adminTokenOf } = await import("../study/admin-token.js");
    const { isLoopback } = await import("../serving/own-origin.js");
    const origin = originOf(settings.origin);
    const study = await openStudy(folder);
    const pages = await readPageFiles();
    const adminToken = await adminTokenOf(folder);
    const store = await openStore(study, database);
    try {
      const loopback = isLoopback(host);
      const app = await studyServer({
        ...{ study, store, pages, adminToken, trustProxy, closed, loopback, ...(origin !== undefined && { origin }) },
        onFailure: (message) => report.info(printable(`a request failed: ${message}`)),
      });
      const own = await listen(app, { host, port });
      if (!loopback && !origin?.startsWith("https:")) report.info(UNENCRYPTED);
      if (study.definition.simulated) report.info("the participants of this study are simulated");
      print(`study: ${origin ?? own}/`);
      print(`admin: ${origin ?? own}/admin#${adminToken}`);
      await aborted(signal);
      await stopServer(app);
    } finally {
      await store.close();
    }
    report.info("stopped; run the command again to continue the study");
    return "done";
  },
});

/** @throws UserError when an address has more than an origin: the study's pages are at its root. */
function originOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const { origin, href } = new URL(address);
  if (href === `${origin}/`) return origin;
  throw new UserError(
    `${named("origin")} must be the start of an address, such as ${origin}, without a path or a user`,
  );
}

const UNENCRYPTED =
  "warning: participants' answers and tokens cross the network unencrypted; " +
  `put the server behind a proxy that ends TLS, and give its address with ${named("origin")}`;
