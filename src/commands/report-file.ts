import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { messageOf, UserError } from "../errors.js";
import { placeOf, requireWritable } from "../platform/node/outputs.js";
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

  /**
   * @param outputs other files that are written, which need not exist.
   * @throws UserError when the file cannot be written, or is one of the inputs or outputs.
   */
  static async open(path: string, inputs: readonly string[], outputs: readonly string[]): Promise<ReportFile> {
    await requireOtherPlace(path, outputs);
    await requireWritable([path], [...inputs, ...outputs]);
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

/** @throws UserError when one of the outputs has that path, also if case is not distinguished. */
async function requireOtherPlace(path: string, outputs: readonly string[]): Promise<void> {
  const name = basename(path).toLowerCase();
  const place = (await placeOf(path)).toLowerCase();
  for (const output of outputs)
    if (basename(output).toLowerCase() === name && (await placeOf(output)).toLowerCase() === place)
      throw new UserError(`cannot write ${path}: it is the place of a result or of its record; choose another file`);
}
