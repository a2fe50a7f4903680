import { rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import { isThere, readTextIfThere, writeBytes } from "../platform/node/files.js";
import type { Stage } from "./plan.js";

/** By the stage's name: the key it was begun with, and whether it came to its end. */
const Notes = z.record(z.string(), z.object({ key: z.string(), done: z.boolean() }));

/** Which stages of a recipe are done: stages.json in the recipe's folder. */
export class Ledger {
  private constructor(
    private readonly path: string,
    private readonly notes: z.infer<typeof Notes>,
  ) {}

  /** @throws UserError when the file in the folder is of something else. */
  static async open(folder: string): Promise<Ledger> {
    const path = join(folder, "stages.json");
    const text = await readTextIfThere(path);
    try {
      return new Ledger(path, Notes.parse(JSON.parse(text ?? "{}")));
    } catch {
      throw new UserError(`${path} does not say which stages are done: remove it, or choose another --out`);
    }
  }

  async isDone({ name, key, folder }: Stage): Promise<boolean> {
    const note = this.notes[name];
    return note?.done === true && note.key === key && (await isThere(folder));
  }

  /**
   * Notes that a stage begins, or goes on. What another command left in its folder is moved out of the way.
   * @returns where that is now; undefined when there was nothing.
   */
  async begin({ name, key, folder }: Stage): Promise<string | undefined> {
    const left = this.notes[name]?.key !== key && (await isThere(folder)) ? await unusedName(folder) : undefined;
    if (left !== undefined) await rename(folder, left);
    await this.note(name, { key, done: false });
    return left;
  }

  finish({ name, key }: Stage): Promise<void> {
    return this.note(name, { key, done: true });
  }

  private async note(name: string, note: { key: string; done: boolean }): Promise<void> {
    this.notes[name] = note;
    await writeBytes(this.path, [`${JSON.stringify(this.notes, null, 2)}\n`]);
  }
}

async function unusedName(folder: string): Promise<string> {
  for (let i = 1; ; i++) if (!(await isThere(`${folder}.earlier-${i}`))) return `${folder}.earlier-${i}`;
}
