import { UserError } from "../errors.js";
import type { Graph } from "../onnx/graph.js";
import { type Probe, probe } from "../runtime/probe.js";
import { Session } from "../runtime/session.js";
import { running } from "./running.js";

/** The trial run of a model. */
export interface Trial extends Probe {
  /** Why the model could not be run, although ONNX Runtime loads it; then no shapes are known. null after a run. */
  readonly failure: string | null;
}

/**
 * Runs a model once on zeros.
 * @param bound the graph with the sizes of its inputs.
 * @param settable whether a setting changes these sizes; then a run that fails is an error.
 * @throws UserError when ONNX Runtime does not load the model, or when it does not run at a size that can be set.
 */
export async function trialOf(graph: Graph, bound: Graph, settable: boolean, hint: string): Promise<Trial> {
  try {
    return { ...(await running(graph, () => probe(bound), hint)), failure: null };
  } catch (error) {
    if (!(error instanceof UserError) || settable) throw error;
    await (await Session.create(graph)).release();
    return { graph, shapes: new Map(), failure: `the model could not be tried: ${error.message}` };
  }
}
