import type { Stats } from "node:fs";
import { access, constants, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { canEncode } from "../platform/node/codec.js";
import { makeFolder } from "../platform/node/files.js";

/** A picture file, and the file that its enhanced version goes to. */
export interface Job {
  readonly input: string;
  readonly output: string;
}

/**
 * Finds the pictures among files and folders and where each one goes. Pictures of a folder keep their path in it below
 * `out`; a single file goes to `out` itself when that is named like a picture. What Legible cannot write (GIF, AVIF)
 * becomes PNG. Makes the folder that the outputs go to.
 * @throws UserError when an input is missing, there is no picture, two would go to the same file, an input would be
 * overwritten, or `out` cannot be written into.
 */
export async function planJobs(inputs: readonly string[], out: string): Promise<Job[]> {
  const toFile = await namesOneFile(inputs, out);
  const found = (await Promise.all(inputs.map((input) => jobsOf(input, out)))).flat();
  const jobs = toFile ? found.map(({ input }) => ({ input, output: out })) : found;
  if (jobs.length === 0) throw new UserError(`there is no picture in ${inputs.join(", ")}`);
  assertDistinct(jobs);
  await assertNoneOverwritten(jobs);
  await prepareFolder(toFile ? dirname(out) : out);
  return jobs;
}

const statusOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);
const isFolder = async (path: string): Promise<boolean> => (await statusOf(path))?.isDirectory() ?? false;

const namesOneFile = async ([input, ...others]: readonly string[], out: string): Promise<boolean> =>
  input !== undefined && others.length === 0 && canEncode(out) && !(await isFolder(input)) && !(await isFolder(out));

async function jobsOf(input: string, out: string): Promise<Job[]> {
  const status = await statusOf(input);
  if (!status) throw new UserError(`cannot read ${input}: no such file or folder`);
  const names = status.isDirectory() ? await picturesIn(input, out) : [basename(input)];
  return names.map((name) => ({
    input: status.isDirectory() ? join(input, name) : input,
    output: join(out, canEncode(name) ? name : `${name}.png`),
  }));
}

/** Endings of the files that are taken from a folder; a file named by itself may be called anything. */
const pictureName = /\.(png|jpe?g|webp|tiff?|gif|avif|hei[cf])$/i;

const isBelow = (path: string, folder: string): boolean => resolve(path).startsWith(resolve(folder) + sep);

/** Paths relative to the folder, sorted; without hidden files, and without earlier results where `out` is in the folder. */
async function picturesIn(folder: string, out: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && pictureName.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !(isBelow(out, folder) && isBelow(path, out)))
    .map((path) => relative(folder, path))
    .filter((name) => !name.split(sep).some((part) => part.startsWith(".")))
    .sort();
}

function assertDistinct(jobs: readonly Job[]): void {
  const inputOf = new Map<string, string>();
  for (const { input, output } of jobs) {
    const other = inputOf.get(output);
    if (other !== undefined) throw new UserError(`${other} and ${input} would both be written to ${output}`);
    inputOf.set(output, input);
  }
}

/** Compares files rather than names: a link, or another spelling, may lead to the same one. */
async function assertNoneOverwritten(jobs: readonly Job[]): Promise<void> {
  const identity = async (path: string): Promise<string | undefined> => {
    const status = await statusOf(path);
    return status && `${status.dev}:${status.ino}`;
  };
  const inputs = new Set(await Promise.all(jobs.map(({ input }) => identity(input))));
  for (const { output } of jobs) {
    const existing = await identity(output);
    if (existing !== undefined && inputs.has(existing))
      throw new UserError(`${output} is one of the inputs and would be overwritten; choose another output`);
  }
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new UserError(`cannot write into ${folder}: ${messageOf(error)}`);
  }
}
