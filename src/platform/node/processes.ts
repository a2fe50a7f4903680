import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** What is known of a process: it runs here, it has ended, or it belongs to another host or container. */
export type ProcessState = "running" | "ended" | "elsewhere";

/** Identifies the host and, on Linux, the container: in another one the same process number means another process. */
const host = createHash("sha256")
  .update(`${hostname()} ${orNothing(() => readlinkSync("/proc/self/ns/pid"))}`)
  .digest("hex")
  .slice(0, 8);

/**
 * Identifies this process in the names of its files: "HOST-PID-START". The start time tells it from a later process with the
 * same number; it is 0 where the system has no /proc.
 */
export const thisProcess = `${host}-${process.pid}-${statusOf(process.pid)?.start ?? "0"}`;

/** The pattern of `thisProcess`. */
export const PROCESS = "[0-9a-f]{8}-\\d+-[0-9a-z]+";

/** The state of the process that an earlier call on any host identified as `thisProcess`. */
export function stateOf(identity: string): ProcessState {
  const [itsHost, pid, start] = identity.split("-");
  if (itsHost !== host) return "elsewhere";
  const status = statusOf(Number(pid));
  if (status) return status.start === start && !status.isDead ? "running" : "ended";
  return start === "0" && exists(Number(pid)) ? "running" : "ended";
}

/** The start time of a process in clock ticks since the system's start; undefined without such a process or without /proc. */
function statusOf(pid: number): { readonly start: string; readonly isDead: boolean } | undefined {
  const text = orNothing(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // from the third on: the second may contain spaces
  const start = Number(fields[19]);
  return Number.isFinite(start) ? { start: start.toString(36), isDead: /[ZX]/.test(fields[0] ?? "") } : undefined;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it is another user's
  }
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
