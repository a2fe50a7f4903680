import { join } from "node:path";
import type { TestContext } from "node:test";
import { GraphBuilder, int } from "../src/onnx/builder.js";
import { typeCodes } from "../src/onnx/schema.js";
import type { DataType } from "../src/onnx/tensor.js";
import { writeModel } from "../src/platform/node/models.js";
import { temporaryFolder } from "./workspace.js";

/** Writes a model whose input has this shape and type, and whose output is what `build` makes of it in float32. */
export async function writeTypedInput(
  t: TestContext,
  shape: readonly (number | string)[],
  type: DataType,
  build: (b: GraphBuilder, x: string) => string,
): Promise<string> {
  const b = new GraphBuilder("net");
  const x = b.input("x", shape, type);
  b.output("y", build(b, type === "float32" ? x : b.add("Cast", [x], { to: int(typeCodes.float32) })));
  const path = join(temporaryFolder(t), "net.onnx");
  await writeModel(b.build(), path);
  return path;
}
