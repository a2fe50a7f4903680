import { z } from "zod";
import { wholeNumber } from "../settings.js";

/** The number of a port. */
export const portNumber = () => wholeNumber().max(65535, "must be at most 65535");

/** The port of a server for browsers. */
export const portSetting = (port: number) => portNumber().default(port).describe("the port; 0: a free one");

/** The address that a server for browsers listens on. */
export const hostSetting = z
  .string()
  .min(1)
  .default("127.0.0.1")
  .describe("the address to listen on; 0.0.0.0 for every network")
  .meta({ placeholder: "address" });
