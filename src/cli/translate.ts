import type { z } from "zod";
import { flagsOf } from "../commands/flags.js";

/** A library message with the flags of a command in place of its settings' keys: `lr` becomes --lr. */
export function translate(message: string, settings: z.ZodObject): string {
  const flags = new Map(flagsOf(settings).map((flag) => [flag.key, flag]));
  return message.replace(/`(\w+)`/g, (whole, key: string) => {
    const flag = flags.get(key);
    if (!flag) return whole;
    return flag.position === undefined ? `--${flag.name}` : `<${flag.placeholder}>`;
  });
}
