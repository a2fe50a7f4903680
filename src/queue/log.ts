import { pino } from "pino";
import { printable } from "../printable.js";

/** Where a worker reports what happens. Fields are for programs, the message is for people. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A line of JSON for each message, on standard error. */
export const jsonLog = (): Log => pino({ base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));

/** A line for people for each message. */
export function textLog(write: (line: string) => void): Log {
  const line = (prefix: string) => (_: object, message: string) =>
    write(`${new Date().toISOString().slice(11, 19)} ${prefix}${printable(message)}`);
  return { info: line(""), warn: line("warning: "), error: line("error: ") };
}
