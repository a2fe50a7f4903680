import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ended } from "./ended.js";

const DEBIAN = "/usr/lib/postgresql";

/** Where Debian keeps the programs of PostgreSQL, the newest version first, and the folders of PATH. */
const folders = [
  ...(existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().reverse() : []).map((version) => join(DEBIAN, version, "bin")),
  ...(process.env.PATH ?? "").split(":"),
];
const binaries = folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));

/** PostgreSQL refuses to run as root, who can run it as another user. */
const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};

function idOf(flag: string): number | undefined {
  const { status, stdout } = spawnSync("id", [flag, "postgres"], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}

/** Why PostgreSQL cannot be started here; false if it can. */
export const withoutPostgres: string | false =
  binaries === undefined
    ? "PostgreSQL is not installed"
    : "uid" in user && user.uid === undefined
      ? "PostgreSQL does not run as root, and there is no user postgres"
      : false;

/** Starts a PostgreSQL server with an empty database for a test. @returns its URL. */
export async function startPostgres(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "legible-postgres-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const options = { cwd: folder, ...user, env: { PATH: process.env.PATH, LC_ALL: "C" } };
  const flags = ["-D", data, "-A", "trust", "-U", "legible", "--no-sync", "--encoding=UTF8"];
  const created = spawnSync(join(binaries as string, "initdb"), flags, { ...options, encoding: "utf8" });
  if (created.status !== 0) throw new Error(`initdb failed: ${created.stderr}`);
  const settings = ["listen_addresses=", `unix_socket_directories=${folder}`, "fsync=off"];
  const server = spawn(
    join(binaries as string, "postgres"),
    ["-D", data, ...settings.flatMap((each) => ["-c", each])],
    {
      ...options,
      stdio: "ignore",
    },
  );
  t.after(() => ended(server, "SIGQUIT")); // at once; the processes of its connections end with it
  for (let i = 0; !acceptsConnections(data); i++) {
    if (i === 1200 || server.exitCode !== null) throw new Error("PostgreSQL did not start within a minute");
    await setTimeout(50);
  }
  return `postgres://legible@localhost/postgres?host=${encodeURIComponent(folder)}`;
}

/** Whether the server says that it takes connections, as `pg_ctl --wait` asks: its socket exists before that. */
function acceptsConnections(data: string): boolean {
  const file = join(data, "postmaster.pid");
  return existsSync(file) && readFileSync(file, "utf8").split("\n")[7]?.trim() === "ready";
}
