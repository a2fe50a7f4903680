/** `models.json` of the playground: what the page can load. Addresses are relative to the page. */
export interface PlaygroundManifest {
  readonly processors: readonly ListedProcessor[];
  readonly recognizers: readonly ListedRecognizer[];
  readonly samples: readonly Sample[];
}

/** The restorations that the playground offers. */
export type PlaygroundTask = "sr" | "denoise" | "jpeg";

export interface ListedProcessor {
  readonly name: string;
  readonly task: PlaygroundTask;
  readonly scale: number;
  /** Of a packaged model: "s" or "m". */
  readonly size?: string;
  readonly objective: "plain" | "ra";
  readonly file: string;
  /** Its sidecar JSON, if it has one. */
  readonly sidecar?: string;
  readonly bytes: number;
  /** The card in its metadata, if it has one. */
  readonly card?: Readonly<Record<string, unknown>>;
}

export interface ListedRecognizer {
  readonly name: string;
  readonly file: string;
  readonly sidecar?: string;
  readonly bytes: number;
  /** "packaged": knows the classes of the samples; "yours": named when the playground was started. */
  readonly source: "packaged" | "yours";
}

/** An image that the project renders itself. */
export interface Sample {
  readonly name: string;
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Its class, one of those that packaged recognizers know. */
  readonly label: string;
}
