import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ended } from "./ended.js";
import { freePort } from "./free-port.js";

/** Why Redis cannot be started here; false if it can. */
export const withoutRedis: string | false =
  spawnSync("redis-server", ["--version"]).status === 0 ? false : "redis-server is not installed";

/** A server that a test starts, stops and starts again. Its append-only file outlives it. */
export class RedisServer {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /** Starts a server on a free port of loopback. @param settings further ones, such as "--maxmemory", "3mb". */
  static async start(settings: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(mkdtempSync(join(tmpdir(), "legible-redis-")), await freePort(), settings);
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, again after `stop`, and waits until it answers. */
  async run(): Promise<void> {
    const own = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.folder, "--save", ""];
    const log = ["--appendonly", "yes", "--maxmemory-policy", "noeviction", "--loglevel", "warning"];
    const child = spawn("redis-server", [...own, ...log, ...this.settings], { stdio: "ignore" });
    this.process = child;
    for (let i = 0; !this.answers(); i++) {
      if (i === 400 || child.exitCode !== null) throw new Error("redis-server did not start");
      await setTimeout(50);
    }
  }

  private answers(): boolean {
    const password = this.settings[this.settings.indexOf("--requirepass") + 1];
    const login = this.settings.includes("--requirepass") ? ["-a", password as string, "--no-auth-warning"] : [];
    return (
      spawnSync("redis-cli", ["-p", String(this.port), ...login, "ping"], { encoding: "utf8" }).stdout.trim() === "PONG"
    );
  }

  /** @param signal SIGTERM writes what is in memory first, SIGKILL does not. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.process) await ended(this.process, signal);
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts a server for a test. */
export async function startRedis(t: TestContext, settings?: readonly string[]): Promise<RedisServer> {
  const server = await RedisServer.start(settings);
  t.after(() => server.remove());
  return server;
}
