import type { ServiceName } from "../names.js";
import type { Service, ServiceKind, ServiceOptions } from "../service.js";
import { aws } from "./aws.js";
import { azure } from "./azure.js";
import { clarifai } from "./clarifai.js";
import { google } from "./google.js";
import { http } from "./http.js";
import { openai } from "./openai.js";

const kinds: Readonly<Record<ServiceName, ServiceKind>> = { google, aws, azure, clarifai, openai, http };

/**
 * Opens a labeling service.
 * @param env where keys come from unless `keyFile` has them. Default: the environment of the process.
 * @example
 * const service = await openService("google");
 * @throws UserError when an option is missing or unknown, or a key is missing.
 */
export const openService = (
  name: ServiceName,
  options: ServiceOptions = {},
  env?: Readonly<Record<string, string | undefined>>,
): Promise<Service> => kinds[name].open(options, env);
