import { gaps, kindOf, type Operator, operators, replacedOnReading } from "../src/autodiff/operators.js";
import { gradientFixtures } from "./fixtures.js";
import { estimates, ruleCases } from "./rule-cases.js";
import { hasShared } from "./shared.js";

/** The number of reference graphs with gradients from PyTorch that contain each operator; their files are optional. */
function referenceCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  if (!hasShared) return counts;
  const { nets, ops } = gradientFixtures();
  for (const op of [...nets, ...ops].flatMap((fixture) => fixture.ops)) counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

/** The content of OPERATORS.md: the rules with their limits, and how each is tested. */
export function operatorsTable(): string {
  const counts = referenceCounts();
  const testedBy = (op: string) =>
    [
      counts.has(op) && `PyTorch (${counts.get(op)})`,
      op in ruleCases && "differences",
      estimates.includes(op) && "test of the estimate",
    ]
      .filter(Boolean)
      .join(", ") || "–";
  const row = (op: string, { since, kind, limits }: Operator) => {
    const flat = counts.has(op) ? `PyTorch (${counts.get(op)})` : "–";
    const [gradient, tests] = kind === "flat" ? ["none", flat] : ["✓", testedBy(op)];
    return `| ${op} | ${since} | ${gradient} | ${tests} | ${limits} |`;
  };
  const rows = Object.entries(operators).map(([op, operator]) => row(op, operator));
  const differentiable = Object.keys(operators).filter((op) => kindOf(op) === "differentiable");
  const untested = differentiable.filter((op) => testedBy(op) === "–");
  const replaced = Object.entries(replacedOnReading).map(([op, replacement]) => `${op} (by ${replacement})`);
  return `# Operators

The operators of ONNX graphs that Legible differentiates, generated from the gradient rules by \`npm run operators\`.
Graphs of opset 7 to 26 are converted to one opset on reading, so one rule serves all versions of its operator.

${differentiable.length} operators pass a gradient; ${rows.length - differentiable.length} pass none because their outputs are piecewise constant (exceptions: see their limits).
"Since" is the opset in which the operator first appeared. "PyTorch (n)": in n reference graphs with this operator, the
gradients equal those of PyTorch. "Differences": in random graphs, the gradients equal central differences.

| operator | since | gradient | tested by | limits |
|---|---:|---|---|---|
${rows.join("\n")}

Replaced on reading, or when the shapes are known: ${replaced.join(", ")}. Loops and
recurrent networks are replaced up to 20000 more nodes; larger ones have no gradient. \`test/expansions.test.ts\` compares them
with ONNX Runtime's own operators, and their gradients with central differences.

## Operators without a gradient

A graph that needs the gradient of one of these is rejected with an error that names the node: ${gaps.join(", ")}; and every
operator of another domain (\`com.microsoft\`, \`ai.onnx.ml\`, …).

Operators that pass a gradient without a test: ${untested.join(", ") || "none"}.
`;
}
