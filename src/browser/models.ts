import { UserError } from "../errors.js";
import type { Processor } from "../processors/processor.js";
import type { RecognizerModel } from "../recognition/model.js";
import type { Session } from "../runtime/session.js";
import type { BrowserModel, BrowserProcessor, BrowserRecognizer } from "./api.js";

/** A recognizer that the worker holds. */
export interface HeldRecognizer {
  readonly model: RecognizerModel;
  readonly classNames: readonly string[] | undefined;
  /** The session that predicts, started at first use. */
  session: Promise<Session> | undefined;
}

/** The models of a worker, by the numbers that stand for them in the page. */
export class Models {
  private readonly processors = new Map<number, Processor>();
  private readonly recognizers = new Map<number, HeldRecognizer>();
  private count = 0;

  addProcessor(processor: Processor, described: Omit<BrowserProcessor, "id" | "kind">): BrowserProcessor {
    const id = this.count++;
    this.processors.set(id, processor);
    return { id, kind: "processor", ...described };
  }

  addRecognizer(recognizer: HeldRecognizer, described: Omit<BrowserRecognizer, "id" | "kind">): BrowserRecognizer {
    const id = this.count++;
    this.recognizers.set(id, recognizer);
    return { id, kind: "recognizer", ...described };
  }

  /** @throws UserError when it is released or no processor. */
  processor(model: BrowserProcessor): Processor {
    return this.processors.get(model?.id) ?? refuse(model, "processor");
  }

  /** @throws UserError when it is released or no recognizer. */
  recognizer(model: BrowserRecognizer): HeldRecognizer {
    return this.recognizers.get(model?.id) ?? refuse(model, "recognizer");
  }

  /** Frees a model and its sessions. */
  async release(model: BrowserModel): Promise<void> {
    const [processor, recognizer] = [this.processors.get(model.id), this.recognizers.get(model.id)];
    this.processors.delete(model.id);
    this.recognizers.delete(model.id);
    await processor?.release();
    await (await recognizer?.session)?.release();
  }
}

function refuse(model: BrowserModel | undefined, expected: BrowserModel["kind"]): never {
  if (model?.kind === expected) throw new UserError(`${model.name} is released`);
  throw new UserError(`a ${expected} is expected here, as \`load\` returns it; ${model?.name ?? "this"} is none`);
}
