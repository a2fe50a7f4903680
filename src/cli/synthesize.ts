import { Command, Option } from "commander";
import { findStyle, styles } from "../synthetic/styles.js";
import { synthesize } from "../synthetic/synthesize.js";
import { number, positiveInteger } from "./options.js";
import { progress } from "./progress.js";
import { stopSignal } from "./stop.js";

interface Flags {
  output: string;
  count: number;
  size: number;
  classes?: number;
  seed: number;
  style: string;
  objects: number;
  boxes: boolean;
}

const styleHelp = styles.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join("\n");

export const synthesizeCommand = new Command("synthesize")
  .description("write a labeled set of synthetic images whose classes are fine detail")
  .requiredOption("-o, --output <folder>", "a new folder for the pictures, labels.csv and classes.txt")
  .option("--count <n>", "pictures; classes take turns", positiveInteger, 2000)
  .option("--size <pixels>", "side of a picture, 64 or more; the detail stays as fine", positiveInteger, 64)
  .option(
    "--classes <n>",
    "an even number of 2 to 24, whose halves are comparable; patterned has 10 (default: 20)",
    positiveInteger,
  )
  .option("--seed <n>", "of everything random: the same seed gives the same pictures on every machine", number, 0)
  .addOption(
    new Option("--style <name>", "how they are drawn").choices(styles.map(({ name }) => name)).default("filled"),
  )
  .option("--objects <n>", "draw up to n objects in a picture; its class is that of the largest", positiveInteger, 1)
  .option("--boxes", "write boxes.csv: the box of each object in pixels, right and bottom excluded", false)
  .addHelpText(
    "after",
    `
Styles:
${styleHelp}

A class is the texture, letter or ring that is printed all over an object; what shape and color the object has says nothing.

Examples:
  $ legible synthesize -o drawn/train --count 4000
  $ legible synthesize -o drawn/test --count 1000 --seed 1
  $ legible synthesize -o sketched/train --count 4000 --style outline
  $ legible synthesize -o scenes --count 2000 --size 128 --objects 3 --boxes
  $ legible train --data drawn/train --classes 0-9 --steps 1000 --crop 64 --out runs/first-half`,
  )
  .action(run);

async function run({ output, ...settings }: Flags): Promise<void> {
  const signal = stopSignal();
  const bar = progress(settings.count, "drawing");
  try {
    await synthesize(output, { ...settings, signal, onProgress: (done) => bar.update(done) });
  } catch (error) {
    if (!signal.aborted) throw error;
    console.error("stopped; nothing was written");
    process.exitCode = 130;
    return;
  } finally {
    bar.stop();
  }
  const classes = settings.classes ?? findStyle(settings.style).defaultClasses;
  console.log(`${settings.count} pictures of ${classes} classes in ${output}`);
}
