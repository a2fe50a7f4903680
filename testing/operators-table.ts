import { gaps, kindOf, operators, replacedOnReading } from "../src/autodiff/operators.js";
import { gradientFixtures } from "./fixtures.js";
import { estimates, ruleCases } from "./rule-cases.js";
import { hasShared } from "./shared.js";

/** Number of PyTorch reference gradients that use each operator. The references are outside the repository. */
function referenceCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  if (!hasShared) return counts;
  const { nets, ops } = gradientFixtures();
  for (const op of [...nets, ...ops].flatMap((fixture) => fixture.ops)) counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

/** The text of OPERATORS.md, generated from the rules, their test cases and the reference gradients. */
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
  const rows = Object.entries(operators).map(([op, { since, limits = "" }]) =>
    kindOf(op) === "flat"
      ? `| ${op} | ${since} | none (zero or undefined) | ${counts.has(op) ? `PyTorch (${counts.get(op)})` : "–"} | ${limits} |`
      : `| ${op} | ${since} | ✓ | ${testedBy(op)} | ${limits} |`,
  );
  const differentiable = Object.keys(operators).filter((op) => kindOf(op) === "passes");
  const untested = differentiable.filter((op) => testedBy(op) === "–");
  return `# Operators

The ONNX operators that Legible differentiates. \`npm run operators\` generates this file from the gradient rules, and a test
checks that it is up to date. Files of opset 7 and later are converted to one form on reading, so a rule applies to all
versions of its operator.

${differentiable.length} operators have a gradient; that of ${Object.keys(operators).length - differentiable.length} is zero or undefined. "Since" is the opset that introduced the operator. "PyTorch (n)":
the gradients of n graphs equal those that PyTorch computed. "Differences": the gradients of random graphs equal central
differences.

| operator | since | gradient | tested by | limits |
|---|---:|---|---|---|
${rows.join("\n")}

Replaced on reading: ${Object.entries(replacedOnReading)
    .map(([op, by]) => `${op} (by ${by})`)
    .join(", ")}.

## Gaps

These operators have no rule: ${gaps.join(", ")}; and all operators of
other domains (\`com.microsoft\`, \`ai.onnx.ml\`, …). A graph that needs such a rule is refused with the name of the node.

Operators with a gradient but without a test: ${untested.join(", ") || "none"}.
`;
}
