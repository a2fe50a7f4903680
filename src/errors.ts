/**
 * An error that the user can fix: a missing file, a broken image, an operator without a gradient.
 * The command line prints only its message, without a stack trace, and exits with status 1.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** The message of a thrown value, which need not be an `Error`. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** Why a schema refused a value, as the end of a sentence: "mean: expected array; …". */
export const reasonsOf = ({ issues }: SchemaError): string =>
  issues.map(({ path, message }) => [...path.map(String), message].join(": ")).join("; ");
