import { inspectGraph } from "../inspection/inspect.js";
import type { BrowserModel } from "./api.js";
import type { Work } from "./work.js";

/** As `Legible.inspect`: what `legible inspect` prints of the file as JSON. */
export async function inspect({ models }: Work, model: BrowserModel): Promise<Readonly<Record<string, unknown>>> {
  const header = models.headerOf(model);
  if (model.kind === "processor")
    return { file: model.name, ...header, ...(await inspectGraph(models.processor(model).graph)) };
  const { graph, source } = models.recognizer(model);
  const found = await inspectGraph(graph, { preprocessing: source.preprocessing });
  return { file: model.name, ...header, ...found };
}
