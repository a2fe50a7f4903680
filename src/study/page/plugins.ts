import { ParameterType } from "jspsych";
import type { Answer, Trial } from "../protocol.js";

/** What a plugin of jsPsych gets that asks for the answer of a trial. */
export interface Asking<Kind extends Trial["kind"]> {
  readonly trial: Extract<Trial, { readonly kind: Kind }>;
  /** A decoded image. */
  load(name: string): Promise<HTMLImageElement>;
  /** Sends an answer; resolves when it is stored. */
  store(answer: Answer): Promise<void>;
}

/** The description of such a plugin for jsPsych. */
export const asking = (name: string) => ({
  name,
  version: "1",
  parameters: {
    trial: { type: ParameterType.COMPLEX, default: undefined },
    load: { type: ParameterType.FUNCTION, default: undefined },
    store: { type: ParameterType.FUNCTION, default: undefined },
  } as const,
  data: { answer: { type: ParameterType.OBJECT } } as const,
});

/** The description of a plugin whose parameters are functions alone. */
export const screen = <Parameter extends string>(name: string, ...parameters: readonly Parameter[]) => ({
  name,
  version: "1",
  parameters: Object.fromEntries(
    parameters.map((parameter) => [parameter, { type: ParameterType.FUNCTION, default: undefined }]),
  ) as Record<Parameter, { type: ParameterType.FUNCTION; default: undefined }>,
  data: {},
});
