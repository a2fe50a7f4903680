import { dirname } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.js";
import {
  type ModelGroup,
  type PublishedModel,
  psnrOf,
  publishedGroups,
  unseenGain,
  unseenGainText,
} from "../evaluation/published-models.js";
import { decibels, markdownTable } from "../evaluation/table.js";
import { type PackagedModel, packagedFolder, packagedModels } from "../processors/packaged.js";
import { defineCommand } from "./command.js";

export const models = defineCommand({
  name: "models",
  settings: z.object({
    name: z
      .string()
      .optional()
      .describe("print the whole card of this model: its training, data and results")
      .meta({ position: 0, placeholder: "name" }),
    json: z.boolean().default(false).describe("print everything as JSON"),
  }),
  notes: `PSNR is that of the evaluation of the model's group. The gain is the accuracy (top-1) of recognizers on its results over that on the
results of the plain model, in points: the mean over recognizers that no model was trained with. models/README.md in the package has all
figures and where they come from. enhance chooses a model by --task, --scale, --size and --for.`,
  examples: ["legible models", "legible models sr-x4-ra", "legible models --json"],
  async run({ name, json }, { print }) {
    const listed = await listedModels();
    if (name === undefined) print(json ? JSON.stringify(listed.map(figuresOf), null, 2) : tableOf(listed));
    else {
      const model = named(listed, name);
      print(json ? JSON.stringify({ ...figuresOf(model), card: model.published.card }, null, 2) : cardText(model));
    }
    return "done";
  },
});

/** A packaged model with its card and the figures of its group. */
interface ListedModel {
  readonly packaged: PackagedModel;
  readonly published: PublishedModel;
  readonly group: ModelGroup;
}

async function listedModels(): Promise<ListedModel[]> {
  const groups = await publishedGroups(dirname(packagedFolder));
  return (await packagedModels()).flatMap((packaged) =>
    groups.flatMap((group) =>
      group.models
        .filter((published) => published.name === packaged.name)
        .map((published) => ({ packaged, published, group })),
    ),
  );
}

function named(listed: readonly ListedModel[], name: string): ListedModel {
  const found = listed.find(({ packaged }) => packaged.name === name.replace(/\.onnx$/, ""));
  if (found) return found;
  throw new UserError(
    `the package has no model ${name}; it has ${listed.map(({ packaged }) => packaged.name).join(", ")}`,
  );
}

/** The figures of a model, for programs. */
function figuresOf({ packaged, published, group }: ListedModel) {
  const psnr = psnrOf(group, published);
  return {
    ...packaged,
    size: packaged.size ?? null,
    network: published.card.network,
    parameters: published.parameters,
    bytes: published.bytes,
    sha256: published.sha256,
    psnr: psnr ?? null,
    unseenGain: unseenGain(group, published),
  };
}

const tableOf = (listed: readonly ListedModel[]): string =>
  markdownTable(
    ["model", "task", "scale", "size", "objective", "parameters", "file", "PSNR (dB)", "gain, unseen recognizers"],
    listed.map(({ packaged: { name, task, scale, size, objective }, published, group }) => {
      const psnr = psnrOf(group, published);
      return [
        ...[name, task, `${scale}`, size ?? "–", objective],
        published.parameters.toLocaleString("en"),
        `${(published.bytes / 1e6).toFixed(2)} MB`,
        psnr === undefined ? "–" : decibels(psnr),
        unseenGainText(unseenGain(group, published)),
      ];
    }),
  );

/** All that the card and the package state of a model, one fact a line. */
function cardText(model: ListedModel): string {
  const { note, card } = model.published;
  const { objective } = model.packaged;
  // The card of an ra model states which variant of that objective trained it.
  const variant = card.objective === objective ? undefined : card.objective;
  const facts = { ...figuresOf(model), ...card, objective, variant, training: note };
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}: ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join("\n");
}
