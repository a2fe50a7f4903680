import { isMainThread } from "node:worker_threads";

/** The longest wait for the main thread, in milliseconds; it does not answer while it waits for this thread. */
const WAIT = 1000;

const inMainThread = process.env.ORT_DISABLE_TELEMETRY;
process.env.ORT_DISABLE_TELEMETRY ||= "1";

/**
 * Turns off the telemetry of ONNX Runtime, which otherwise writes a device id and a database to the user's cache folder, a
 * log to the folder of temporary files, and contains an uploader. ONNX Runtime reads the variable when it opens its first
 * session, so this is awaited before. A value that the user has set stays. In a worker thread `process.env` is a copy that
 * native code does not see: if Legible is loaded there and not in the main thread, the main thread sets the variable, too.
 */
export const telemetryIsOff: Promise<void> = isMainThread || inMainThread ? Promise.resolve() : setByMainThread();

async function setByMainThread(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, WAIT);
  });
  await Promise.race([askMainThread(), limit]).catch(() => {}); // a Node.js without an inspector
  clearTimeout(timer);
}

async function askMainThread(): Promise<void> {
  const { Session } = await import("node:inspector/promises");
  const session = new Session();
  session.connectToMainThread();
  await session.post("Runtime.evaluate", { expression: 'process.env.ORT_DISABLE_TELEMETRY ||= "1"' });
  session.disconnect();
}
