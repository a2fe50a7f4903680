import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { freePort } from "./free-port.js";

/** The key that s3rver, a server of the S3 protocol from npm, accepts. */
export const S3_KEY = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };

const program = join(dirname(createRequire(import.meta.url).resolve("s3rver/package.json")), "bin", "s3rver.js");

/**
 * Starts an S3-compatible server with a bucket for a test, and sets the credentials of this process.
 * @returns its address.
 */
export async function startS3(t: TestContext, bucket: string): Promise<string> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "legible-s3-")), await freePort()];
  const flags = ["--directory", folder, "--address", "127.0.0.1", "--port", String(port), "--silent"];
  // It encrypts the tokens of pages with DES, which OpenSSL 3 has only as a legacy.
  const node = ["--openssl-legacy-provider", program];
  const server = spawn(process.execPath, [...node, ...flags, "--configure-bucket", bucket], { stdio: "ignore" });
  t.after(() => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  Object.assign(process.env, S3_KEY);
  for (let i = 0; !(await answers(port)); i++) {
    if (i === 200 || server.exitCode !== null) throw new Error("s3rver did not start");
    await setTimeout(50);
  }
  return `http://127.0.0.1:${port}`;
}

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );

/** A network in front of a server that is cut after a number of bytes, until it is mended. */
export class CutNetwork {
  private sent = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly address: string,
    /** Bytes to the server after which all connections break. */
    public limit: number,
  ) {}

  static async start(t: TestContext, target: string, limit: number): Promise<CutNetwork> {
    const port = await freePort();
    const network = new CutNetwork(`http://127.0.0.1:${port}`, limit);
    const server = createServer((client) => network.join(client, Number(new URL(target).port)));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    t.after(() => {
      network.cut();
      server.close();
    });
    return network;
  }

  private join(client: Socket, port: number): void {
    if (this.sent >= this.limit) return void client.destroy();
    const server = connect(port, "127.0.0.1");
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on("error", () => {}).on("close", () => [client, server].forEach((each) => void each.destroy()));
    }
    server.pipe(client);
    client.on("data", (chunk) => {
      this.sent += chunk.length;
      if (this.sent >= this.limit) this.cut();
      else server.write(chunk);
    });
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  /** Lets everything through. */
  mend(): void {
    this.limit = Number.POSITIVE_INFINITY;
  }
}
