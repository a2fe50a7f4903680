import { z } from "zod";
import { gateFrom } from "../evaluation/gate-from-predictions.js";
import { limitText } from "../evaluation/gate-risks.js";
import { markdownTable } from "../evaluation/table.js";
import type { Gate } from "../gate/gate.js";
import { writeBytes } from "../platform/node/files.js";
import { requireWritable } from "../platform/node/outputs.js";
import { path, paths } from "../settings.js";
import { defineCommand } from "./command.js";
import { fileStage } from "./stage.js";

const share = (most: string) => z.number("must be a number").gt(0, "must be above 0").lt(1, most);

export const gate = defineCommand({
  name: "gate",
  settings: z.object({
    predictions: paths(
      "a file that evaluate wrote with --predictions; several for several degradations of the same images",
      { position: 0, placeholder: "file" },
    ),
    out: path("write the gate to this file", { short: "o", placeholder: "file" }),
    processor: z
      .string()
      .optional()
      .describe("name of the processor in the predictions (default: the only one)")
      .meta({ placeholder: "name" }),
    alpha: share("must be below 1")
      .default(0.05)
      .describe("limit of the risk: the share of processed images that are right without processing and wrong with it"),
    delta: share("must be below 1").default(0.1).describe("probability that the risk may be above the limit"),
  }),
  notes: `The rule estimates noise, JPEG quality, blockiness and blur from the pixels of the image that is to be processed, and computes
from these the probability that a change of a judge's prediction is harmful. Images with a higher value than a threshold are skipped.
A third of the photographs fits this; the others certify thresholds by Learn-then-Test: with probability 1 - delta over their choice,
of the pairs of a processed image and a judge at most the share alpha is right without processing and wrong with it. This holds for
photographs and degradations as those of the files, each of which counts equally, and for the judges of the files. Measure it on other
photographs with legible evaluate --gate. If no threshold can be certified, the gate skips every image; more photographs, a larger
--alpha or fewer harmful degradations help.`,
  examples: [
    "legible evaluate --task denoise --sigma 0.02 --data photos --split 0.5 --part train --processor denoise.onnx --recognizer r.onnx --predictions light.jsonl",
    "legible gate light.jsonl heavy.jsonl -o denoise.gate.json",
    "legible gate clean.jsonl light.jsonl heavy.jsonl --processor ra --alpha 0.03 --delta 0.05 -o ra.gate.json",
    "legible enhance holidays --model denoise.onnx --gate denoise.gate.json -o results",
  ],
  async run({ predictions, out, alpha, delta, processor }, { report, print }) {
    await requireWritable([out], predictions);
    const { gate, byFile } = await gateFrom(predictions, {
      alpha,
      delta,
      ...(processor !== undefined && { processor }),
    });
    report.info(
      `gate of ${gate.processor.name}: score fitted on ${gate.photographs.fitting} photographs, calibrated on ${gate.photographs.calibration}`,
    );
    await writeBytes(out, [`${JSON.stringify(gate, null, 2)}\n`]);
    print(gateTable(gate, byFile));
    for (const line of statements(gate)) print(line);
    report.info(`gate: ${out}`);
    return "done";
  },
  stage: fileStage("out", "gate.json"),
});

/** What the gate does on the calibration part, by file and in all. */
function gateTable({ effect, without }: Gate, byFile: Awaited<ReturnType<typeof gateFrom>>["byFile"]): string {
  const percent = (value: number | null) => (value === null ? "" : (100 * value).toFixed(1));
  const rows = [...byFile, ...(byFile.length > 1 ? [{ title: "all", effect, without }] : [])];
  return markdownTable(
    [
      "images",
      "processed (%)",
      "risk (%)",
      "without the gate (%)",
      "harm to all (%)",
      "gain (points)",
      "without the gate",
    ],
    rows.map(({ title, effect: own, without: plain }) => [
      title,
      ...[own.processed, own.risk, plain.risk, own.risk_of_all].map(percent),
      ...[own.gain, plain.gain].map((gain) => gain.toFixed(2)),
    ]),
  );
}

/** What is proven, and what is not. */
const statements = (gate: Gate): string[] =>
  gate.threshold === null
    ? [
        `No threshold could be certified for a risk of ${limitText(gate)} on ${gate.photographs.calibration} photographs: the gate skips every image.`,
      ]
    : [
        `Certified: the risk is at most ${limitText(gate)}, for photographs, degradations and judges as these. The figures above are ` +
          "measured on the photographs that certified it.",
      ];
