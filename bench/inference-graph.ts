import type { Graph } from "../src/graph/graph.js";

/** A graph in the form in which Legible applies it; today that is the plain one. */
export const inferenceGraph = async (graph: Graph): Promise<Graph> => graph;
