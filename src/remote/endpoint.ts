import { UserError } from "../errors.js";
import { excerpt } from "../printable.js";

/** The names of this machine. */
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether a URL leads to this machine. */
export const isLoopback = ({ hostname }: URL): boolean => LOOPBACK.test(hostname);

/**
 * The URL of a service's requests.
 * @param given the setting `endpoint`; undefined: that of the vendor.
 * @param path the vendor's path, which an endpoint without a path gets.
 * @throws UserError when it is no URL, contains a key or a password, or is not encrypted and leads to another machine.
 */
export function endpointUrl(given: string | undefined, vendor: string, path: string): URL {
  const text = given ?? vendor;
  if (!URL.canParse(text))
    throw new UserError(`\`endpoint\` must be a URL such as ${vendor}, and is "${excerpt(text)}"`);
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url)))
    throw new UserError(`\`endpoint\` must begin with https: images and keys would go to ${url.host} unencrypted`);
  if (url.username !== "" || url.password !== "")
    throw new UserError("`endpoint` must not contain a user name or a password; keys come from the environment");
  const secret = [...url.searchParams.keys()].find((name) => /key|token|secret|password|signature/i.test(name));
  if (secret !== undefined)
    throw new UserError(`\`endpoint\` must not contain the key "${excerpt(secret)}"; keys come from the environment`);
  const [pathname = "", query = ""] = path.split("?");
  if (url.pathname === "/") url.pathname = pathname;
  if (url.search === "") url.search = query;
  return url;
}
