import { demonstrate, demoSettings } from "../experiments/demo.js";
import { defineCommand } from "./command.js";

export const demo = defineCommand({
  name: "demo",
  settings: demoSettings,
  notes: `Renders synthetic images and trains recognizers on them. Then it trains processors for x4 super-resolution: "plain" by the image
loss alone, "ra" also by the loss of one frozen recognizer, "unsupervised" by that recognizer's output for the original images,
without classes. All recognizers then judge the results on other images.
If interrupted, rerun the command to resume.`,
  examples: ["legible demo", "legible demo --out demonstration --seed 1"],
  async run(settings, context) {
    context.print(await demonstrate(settings, context));
    return "done";
  },
});
