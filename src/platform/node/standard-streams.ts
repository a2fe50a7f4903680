import { messageOf, UserError } from "../../errors.js";

/** The most bytes of standard input, because an image file is held in memory beside its pixels. */
const LARGEST = 2 ** 30;

/**
 * The bytes of standard input.
 * @throws UserError when it is a terminal, empty, too large or cannot be read.
 */
export async function readStandardInput(): Promise<Buffer> {
  if (process.stdin.isTTY) throw new UserError("cannot read standard input: it is a terminal; pipe a file into it");
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of process.stdin) {
      length += chunk.length;
      if (length > LARGEST) throw new Error(`it has more than the limit of ${LARGEST} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw new UserError(`cannot read standard input: ${messageOf(error)}`);
  }
  if (length === 0) throw new UserError("cannot read standard input: it is empty");
  return Buffer.concat(chunks);
}

/** @throws UserError when standard output is a terminal, which bytes would confuse. */
export function requireRedirectedOutput(): void {
  if (process.stdout.isTTY)
    throw new UserError("cannot write an image to a terminal: redirect standard output to a file or a program");
}

/** Writes bytes to standard output. Resolves when they have left this process. */
export const writeStandardOutput = (content: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) =>
    process.stdout.write(content, (error) =>
      error ? reject(new UserError(`cannot write to standard output: ${messageOf(error)}`)) : resolve(),
    ),
  );
