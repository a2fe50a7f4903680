import { UserError } from "../errors.js";
import type { Header } from "../inspection/header.js";
import type { Graph } from "../onnx/graph.js";
import type { Processor } from "../processors/processor.js";
import type { RecognizerModel, RecognizerSource } from "../recognition/model.js";
import type { Session } from "../runtime/session.js";
import type { BrowserModel, BrowserProcessor, BrowserRecognizer } from "./api.js";

/** A recognizer that the worker holds. */
export interface HeldRecognizer {
  readonly model: RecognizerModel;
  /** The graph of the file, and what its sidecar states. */
  readonly graph: Graph;
  readonly source: RecognizerSource;
  readonly classNames: readonly string[] | undefined;
  /** The session that predicts, started at first use. */
  session: Promise<Session> | undefined;
}

/** The models of a worker, by the numbers that stand for them in the page. */
export class Models {
  private readonly processors = new Map<number, Processor>();
  private readonly recognizers = new Map<number, HeldRecognizer>();
  /** The headers of the files of models that were loaded. */
  private readonly headers = new Map<number, Header>();
  private count = 0;

  /** @param header that of its file, if it has one. */
  addProcessor(
    processor: Processor,
    described: Omit<BrowserProcessor, "id" | "kind">,
    header?: Header,
  ): BrowserProcessor {
    const id = this.count++;
    this.processors.set(id, processor);
    if (header) this.headers.set(id, header);
    return { id, kind: "processor", ...described };
  }

  addRecognizer(
    recognizer: HeldRecognizer,
    described: Omit<BrowserRecognizer, "id" | "kind">,
    header: Header,
  ): BrowserRecognizer {
    const id = this.count++;
    this.recognizers.set(id, recognizer);
    this.headers.set(id, header);
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

  /** The header of a model's file; undefined for a model that was made here. */
  headerOf(model: BrowserModel): Header | undefined {
    return this.headers.get(model.id);
  }

  /** Frees a model and its sessions. */
  async release(model: BrowserModel): Promise<void> {
    const [processor, recognizer] = [this.processors.get(model.id), this.recognizers.get(model.id)];
    this.processors.delete(model.id);
    this.recognizers.delete(model.id);
    this.headers.delete(model.id);
    await processor?.release();
    await (await recognizer?.session)?.release();
  }
}

function refuse(model: BrowserModel | undefined, expected: BrowserModel["kind"]): never {
  if (model?.kind === expected) throw new UserError(`${model.name} is released`);
  throw new UserError(`a ${expected} is expected here, as \`load\` returns it; ${model?.name ?? "this"} is none`);
}
