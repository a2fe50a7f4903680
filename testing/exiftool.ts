import { execFileSync, spawnSync } from "node:child_process";

/** Why tests that compare with ExifTool are skipped; false if it is installed. */
export const skipWithoutExiftool: string | false =
  spawnSync("exiftool", ["-ver"]).status === 0 ? false : "exiftool is not installed";

/** The tags of a file by "GROUP:NAME", as ExifTool prints them. */
export type Tags = Readonly<Record<string, unknown>>;

/** Reads files in one process. Values are not converted for people; lists remain lists. */
export function tagsOf(files: readonly string[]): Tags[] {
  const output = execFileSync("exiftool", ["-json", "-G1", "-n", "-a", ...files], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(output);
}

/** Runs ExifTool on files, which it changes in place. */
export function writeTags(args: readonly string[], files: readonly string[]): void {
  execFileSync("exiftool", ["-q", "-m", "-overwrite_original", ...args, ...files], {
    stdio: ["ignore", "ignore", "pipe"],
  });
}
