import { type SeriesPlan, type SeriesSettings, trainOne } from "../experiments/series.js";
import type { CommandParts, Context, Given } from "./command.js";

/** The trainings of an experiment as the parts of its command. */
export const trainingParts = <Settings extends SeriesSettings>(
  trainingsOf: (settings: Settings, given: Given, context: Context) => Promise<SeriesPlan>,
): CommandParts<Settings> => ({
  async names(settings, context, given) {
    const { runs } = await trainingsOf(settings, given, context);
    return runs.map(({ folder }) => folder);
  },
  async run(part, settings, context, given) {
    return { unusable: await trainOne(part, await trainingsOf(settings, given, context), settings, context) };
  },
});
