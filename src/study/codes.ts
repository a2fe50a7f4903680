import { createHash, randomBytes, randomInt } from "node:crypto";

/** Digits and capital letters without those that look alike (0 O, 1 I L, U V). */
const LETTERS = "23456789ABCDEFGHJKMNPQRSTWXYZ";

/** A random code of groups of four letters; a letter has 4.9 bits. */
export const randomCode = (groups: number): string =>
  Array.from({ length: groups }, () =>
    Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join(""),
  ).join("-");

/** A code as codes are compared: capital letters, without spaces and hyphens. */
export const normalizedCode = (code: string): string => code.normalize("NFKC").toUpperCase().replaceAll(/[\s-]/g, "");

/** What is kept of a participant's code, so that neither study.json nor the database reveals it. */
export const codeHash = (studyId: string, code: string): string =>
  createHash("sha256")
    .update(`${studyId}:${normalizedCode(code)}`)
    .digest("hex");

/** A random token of 256 bits. */
export const randomToken = (): string => randomBytes(32).toString("base64url");

/** The token of one who joins with a key of the page: the same again, so that a lost response can be repeated. */
export const tokenOf = (studyId: string, key: string): string =>
  createHash("sha256").update(`${studyId}:token:${key}`).digest("base64url");

/** What is kept of a token. */
export const tokenHash = (token: string): string => createHash("sha256").update(token).digest("hex");

const TOKEN = /^Bearer ([A-Za-z0-9_-]{43})$/;

/** The token in a header `Authorization`; undefined: none of the form that this server gives. */
export const tokenIn = (authorization: string | undefined): string | undefined => TOKEN.exec(authorization ?? "")?.[1];
