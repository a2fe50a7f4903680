import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { requireWritable } from "../platform/node/outputs.js";
import { forget, removeAtExit, temporaryPath } from "../platform/node/temporary.js";

/** Characters that are written at once. */
const CHUNK = 2 ** 16;

/** A file of lines that appears when it is complete. Lines are written as they come, so that memory does not hold them. */
export class ReportFile {
  private text = "";

  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly file: number,
  ) {}

  /** @throws UserError when the file cannot be written or is one of the inputs. */
  static async open(path: string, inputs: readonly string[]): Promise<ReportFile> {
    await requireWritable([path], inputs);
    const temporary = temporaryPath(dirname(path));
    removeAtExit(temporary);
    try {
      return new ReportFile(path, temporary, openSync(temporary, "wx"));
    } catch (error) {
      throw new UserError(`cannot write ${path}: ${messageOf(error)}`);
    }
  }

  add(entry: object): void {
    this.text += `${JSON.stringify(entry)}\n`;
    if (this.text.length > CHUNK) this.flush();
  }

  /** Gives the file its name. */
  complete(): void {
    this.flush();
    closeSync(this.file);
    renameSync(this.temporary, this.path);
    forget(this.temporary);
  }

  /** Removes what was written. */
  discard(): void {
    closeSync(this.file);
    rmSync(this.temporary, { force: true });
    forget(this.temporary);
  }

  private flush(): void {
    try {
      writeSync(this.file, this.text);
    } catch (error) {
      throw new UserError(`cannot write ${this.path}: ${messageOf(error)}`);
    }
    this.text = "";
  }
}
