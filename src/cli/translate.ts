import type { z } from "zod";
import { flagsOf } from "../commands/flags.js";

/** Replaces the keys of settings in a library message by a command's flags: `lr` becomes --lr. */
export function translate(message: string, settings: z.ZodObject): string {
  const flags = new Map(flagsOf(settings).map((flag) => [flag.key, flag]));
  return message.replace(/`(\w+)`/g, (whole, key: string) => {
    const flag = flags.get(key);
    if (!flag) return whole;
    return flag.position === undefined ? `--${flag.name}` : `<${flag.placeholder}>`;
  });
}
