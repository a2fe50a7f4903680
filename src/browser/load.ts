/// <reference lib="dom" />
import { messageOf, UserError } from "../errors.js";
import { headerOf } from "../inspection/header.js";
import { decodeModel } from "../onnx/decode.js";
import type { Graph } from "../onnx/graph.js";
import { cardOf } from "../processors/card.js";
import { parseFormat, plainFormat } from "../processors/format.js";
import { Processor } from "../processors/processor.js";
import { completePreprocessing } from "../recognition/complete-preprocessing.js";
import { classifierModel } from "../recognition/model.js";
import { returnsImage } from "../recognition/processor-file.js";
import { requireScores } from "../recognition/require-scores.js";
import { statedNames } from "../recognition/stated-names.js";
import { inputOf, metadataStatement, statedClassesIn } from "../recognition/statements.js";
import type { BrowserModel, BrowserProcessor, BrowserRecognizer, LoadModelOptions, ModelSource } from "./api.js";
import { measuredBefore } from "./measured-before.js";
import { scoresOf, startPredicting } from "./recognize.js";
import { sha256Of } from "./sha256.js";
import type { Work } from "./work.js";

/** The content of an ONNX file, and what a page says of it. */
interface GivenFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly title: string;
  readonly graph: Graph;
  readonly sidecar: unknown;
}

/** As `Legible.load`. */
export async function load(work: Work, source: ModelSource, options: LoadModelOptions = {}): Promise<BrowserModel> {
  const { signal } = work;
  const title = options.name ?? titleOf(source);
  const bytes = await bytesOf(source, title, signal);
  const file: GivenFile = { bytes, title, graph: decodeModel(bytes, title), sidecar: options.sidecar };
  const kind = options.kind ?? kindOf(file.graph);
  if (kind === "processor") return loadProcessor(work, file);
  if (kind === "recognizer") return loadRecognizer(work, file);
  return loadProcessor(work, file).catch((reason: unknown) =>
    loadRecognizer(work, file).catch((error: unknown) => {
      throw new UserError(`${messageOf(error)}; nor is it a processor: ${messageOf(reason)}`);
    }),
  );
}

/** The name of a file without its folder and `.onnx`. */
function titleOf(source: ModelSource): string {
  const path = typeof source === "string" ? new URL(source).pathname : "name" in source ? String(source.name) : "";
  return decodeURIComponent(path.split("/").at(-1) ?? "").replace(/\.onnx$/i, "") || "the model";
}

async function bytesOf(source: ModelSource, title: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const response = await fetch(source, { signal }).catch((error: unknown) => {
    throw new UserError(`cannot load ${source}: ${messageOf(error)}`);
  });
  if (!response.ok) throw new UserError(`cannot load ${source}: the server answers ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === 0) throw new UserError(`cannot load ${title}: it is empty`);
  return bytes;
}

/** What a graph can serve as; undefined if what it declares leaves that open. */
function kindOf(graph: Graph): BrowserModel["kind"] | undefined {
  if (cardOf(graph) || returnsImage(graph)) return "processor";
  const { shape } = graph.outputs[0] ?? {};
  return shape && (shape.length !== 4 || shape.every((size) => typeof size === "number")) ? "recognizer" : undefined;
}

async function loadProcessor({ models, session }: Work, file: GivenFile): Promise<BrowserProcessor> {
  const { bytes, title, graph, sidecar } = file;
  const text = sidecar === undefined ? undefined : JSON.stringify(sidecar);
  const sha256 = await sha256Of(bytes);
  const measured = text === undefined ? measuredBefore[sha256] : undefined;
  const processor = new Processor(
    graph,
    {
      ...{ name: title, sha256 },
      ...(measured && { measured }),
      format: text === undefined ? plainFormat : parseFormat(text, `the sidecar of ${title}`),
      ...(text !== undefined && { sidecar: text }),
    },
    session,
  );
  const { scale } = await processor.geometry().catch(async (error: unknown) => {
    await processor.release();
    throw error;
  });
  const { card } = processor;
  return models.addProcessor(
    processor,
    { name: title, scale, bytes: bytes.length, ...(card && { card }) },
    headerOf(bytes, title),
  );
}

async function loadRecognizer({ models, session }: Work, file: GivenFile): Promise<BrowserRecognizer> {
  const { bytes, title, graph, sidecar } = file;
  const place = `the sidecar of ${title}`;
  const statement = sidecar === undefined ? metadataStatement(title, graph.metadata) : inputOf(sidecar, place);
  const preprocessing = completePreprocessing({ path: title, sidecar: "the option `sidecar`" }, graph, statement);
  const stated = statedClassesIn(sidecar ?? {}, place);
  const source = { name: title, preprocessing, sha256: await sha256Of(bytes), ...stated };
  const model = classifierModel(graph, source);
  await requireScores(model);
  const started = startPredicting(model, session);
  const { size } = preprocessing;
  const black = { width: size, height: size, data: new Uint8Array(3 * size * size) };
  const classes = (await scoresOf(model, await started, black)).length;
  const classNames = statedNames(sidecar, model.classOffset);
  const named = classNames && { classNames };
  return models.addRecognizer(
    { model, graph, source, classNames, session: started },
    { name: title, preprocessing, classes, bytes: bytes.length, ...named },
    headerOf(bytes, title),
  );
}
