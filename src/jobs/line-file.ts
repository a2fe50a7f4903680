import type { FileHandle } from "node:fs/promises";
import { specialKind } from "../platform/node/files.js";

/** Bytes that are read at once. */
const CHUNK = 2 ** 18;
const NEWLINE = 10;

/**
 * The lines of a file that is open for reading and appending. Lines are read where they are; memory holds one chunk, so that
 * lines that are read in their order cost one read for many.
 */
export class LineFile {
  private size = 0;
  private chunk: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  private queue: Promise<unknown> = Promise.resolve();
  /** Whether the last line has no end. */
  private isTorn = false;

  constructor(private readonly file: FileHandle) {}

  /**
   * Calls `use` with each line and its place. The next line begins anew after an incomplete one.
   * @throws Error when the file is no regular file or cannot be read.
   */
  async scan(use: (line: string, place: number) => void): Promise<void> {
    const special = specialKind(await this.file.stat());
    if (special !== undefined) throw new Error(special);
    let [rest, place] = [Buffer.alloc(0), 0];
    for (;;) {
      const chunk = await this.read(this.size, CHUNK);
      if (chunk.length === 0) break;
      this.size += chunk.length;
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        use(lineOf(rest, chunk.subarray(start, end)), place);
        place += rest.length + end + 1 - start;
        rest = Buffer.alloc(0);
        start = end + 1;
      }
      rest = Buffer.concat([rest, chunk.subarray(start)]);
    }
    if (rest.length > 0) use(rest.toString("utf8"), place);
    this.isTorn = rest.length > 0;
  }

  /** The line at a place. */
  async at(place: number): Promise<string> {
    const { start, bytes } = this.chunk;
    const cached = place >= start && place < start + bytes.length ? bytes.subarray(place - start) : undefined;
    const end = cached?.indexOf(NEWLINE) ?? -1;
    if (cached && end >= 0) return cached.toString("utf8", 0, end);
    return this.readLine(place);
  }

  /** Appends a line. @returns its place. */
  append(line: string): Promise<number> {
    const appended = this.queue.then(() => this.write(line));
    this.queue = appended.catch(() => {});
    return appended;
  }

  private async write(line: string): Promise<number> {
    const bytes = Buffer.from(`${this.isTorn ? "\n" : ""}${line}\n`);
    try {
      await this.file.appendFile(bytes);
    } catch (error) {
      this.isTorn = true; // a full disk may have taken the beginning of the line
      this.size = (await this.file.stat()).size;
      throw error;
    }
    const place = this.size + (this.isTorn ? 1 : 0);
    this.size += bytes.length;
    this.isTorn = false;
    return place;
  }

  private async readLine(place: number): Promise<string> {
    for (let length = CHUNK; ; length *= 2) {
      const bytes = await this.read(place, length);
      const end = bytes.indexOf(NEWLINE);
      if (end >= 0) {
        this.chunk = { start: place, bytes };
        return bytes.toString("utf8", 0, end);
      }
      if (bytes.length < length) return bytes.toString("utf8");
    }
  }

  private async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.file.read(bytes, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }
}

const lineOf = (start: Buffer, end: Buffer): string =>
  start.length === 0 ? end.toString("utf8") : Buffer.concat([start, end]).toString("utf8");
