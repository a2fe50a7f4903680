import { gaps, kindOf, operators, replacedOnReading } from "../src/autodiff/operators.js";
import { gradientFixtures } from "./fixtures.js";
import { estimates, ruleCases } from "./rule-cases.js";
import { hasShared } from "./shared.js";

/** How many of PyTorch's reference gradients go through each operator; they stand outside the repository. */
function referenceCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  if (!hasShared) return counts;
  const { nets, ops } = gradientFixtures();
  for (const op of [...nets, ...ops].flatMap((fixture) => fixture.ops)) counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

/** What stands in OPERATORS.md, made from the rules, their cases and the reference gradients. */
export function operatorsTable(): string {
  const counts = referenceCounts();
  const testedBy = (op: string) =>
    [
      counts.has(op) && `PyTorch (${counts.get(op)})`,
      op in ruleCases && "differences",
      estimates.includes(op) && "a test of the estimate",
    ]
      .filter(Boolean)
      .join(", ") || "–";
  const rows = Object.entries(operators).map(([op, { since, limits = "" }]) =>
    kindOf(op) === "flat"
      ? `| ${op} | ${since} | none passes, by nature | ${counts.has(op) ? `PyTorch (${counts.get(op)})` : "–"} | ${limits} |`
      : `| ${op} | ${since} | ✓ | ${testedBy(op)} | ${limits} |`,
  );
  const passing = Object.keys(operators).filter((op) => kindOf(op) === "passes");
  const untested = passing.filter((op) => testedBy(op) === "–");
  return `# Operators

Which operators of an ONNX graph Legible differentiates. Made from the rules by \`npm run operators\`; a test keeps it true.
Files of opset 7 and newer are brought to one form on reading, so a rule serves all versions of its operator.

${passing.length} operators pass a gradient, ${Object.keys(operators).length - passing.length} pass none by nature. "Since" is the opset that brought the operator. "PyTorch (n)": n
graphs whose gradients equal those that PyTorch computed. "Differences": random graphs whose gradients equal central differences.

| operator | since | gradient | tested by | limits |
|---|---:|---|---|---|
${rows.join("\n")}

Replaced on reading: ${Object.entries(replacedOnReading)
    .map(([op, by]) => `${op} (by ${by})`)
    .join(", ")}.

## Gaps

Without a rule, so that a graph which needs one is refused with the node's name: ${gaps.join(", ")}; and every operator of
other domains (\`com.microsoft\`, \`ai.onnx.ml\`, …).

Passing a gradient but tested by nothing: ${untested.join(", ") || "none"}.
`;
}
