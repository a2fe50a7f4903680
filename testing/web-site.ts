import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { mediaTypeOf } from "../src/serving/media-types.js";
import { repositoryPath } from "./shared.js";

/** The policy that pages with the library need at least. */
const POLICY = [
  ["default-src", "'none'"],
  ["script-src", "'self' 'wasm-unsafe-eval'"],
  ["worker-src", "'self'"],
  ["connect-src", "'self'"],
  ["img-src", "'self' blob: data:"],
  ["style-src", "'self'"],
]
  .map((directive) => directive.join(" "))
  .join("; ");

const PAGE = '<!doctype html><html lang="en"><title>Legible</title><link rel="icon" href="data:,"></html>';

/** Folders of the repository by their addresses. */
const FOLDERS = { "/legible/": "dist/web", "/models/": "models" } as const;

/** A site with an empty page, the library under `/legible/`, the models under `/models/`, and given files. */
export class WebSite {
  /** The address of the page, with a slash at the end. */
  url = "";
  /** Bytes that were sent, by path. */
  readonly sent = new Map<string, number>();
  private readonly server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://site").pathname;
    const content = this.contentOf(path);
    response.writeHead(content ? 200 : 404, {
      "content-type": mediaTypeOf(extname(path) ? path : "index.html"),
      ...(this.hasPolicy && { "content-security-policy": POLICY }),
      ...(this.isolated && ISOLATION),
    });
    response.end(request.method === "HEAD" ? undefined : content);
    if (content) this.sent.set(path, (this.sent.get(path) ?? 0) + content.length);
  });

  /**
   * @param files contents by path; null: the file is missing.
   * @param isolated whether the page is cross-origin isolated.
   * @param hasPolicy whether the content is restricted; other libraries compile code.
   */
  constructor(
    private readonly files: Readonly<Record<string, Uint8Array | string | null>>,
    private readonly isolated = true,
    private readonly hasPolicy = true,
  ) {}

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    return this;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private contentOf(path: string): Uint8Array | string | null {
    if (path === "/") return PAGE;
    const given = this.files[path];
    if (given !== undefined) return given;
    for (const [prefix, folder] of Object.entries(FOLDERS)) {
      const file = repositoryPath(folder, path.slice(prefix.length));
      if (path.startsWith(prefix) && existsSync(file)) return readFileSync(file);
    }
    return null;
  }
}

const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
