/**
 * Something the user can put right: a missing file, a broken image, an operator without a gradient.
 * The command line prints the message alone (no stack trace) and exits with 1.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
