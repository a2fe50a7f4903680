import type { Graph } from "../src/graph/graph.js";
import { inferenceForm } from "../src/lowering/inference.js";

/** A graph in the form in which Legible applies it. */
export const inferenceGraph = async (graph: Graph): Promise<Graph> => inferenceForm(graph);
