/// <reference lib="dom" />
import { computed, signal } from "@preact/signals";
import type { BrowserRecognizer, Legible, Pixels, Recognition } from "../../browser/api.js";
import { messageOf as plainMessage } from "../../errors.js";
import type { ListedProcessor, ListedRecognizer, PlaygroundManifest, PlaygroundTask } from "../manifest.js";

/** The image that the visitor gave. */
export interface Source {
  readonly name: string;
  readonly pixels: Pixels;
}

/** A processor of the manifest, or one that the visitor dropped or trained. */
export interface OfferedProcessor extends Omit<ListedProcessor, "file" | "bytes"> {
  /** Its address, or its bytes. */
  readonly source: string | Blob;
}

/** A recognizer of the manifest, or one that the visitor dropped. */
export interface OfferedRecognizer extends Pick<ListedRecognizer, "name"> {
  readonly source: string | Blob;
  readonly sidecar?: unknown;
  readonly own: boolean;
}

/** A version of the image. */
export interface Version {
  readonly label: "input" | "plain" | "RA" | "original" | string;
  readonly pixels: Pixels;
  /** Against the original, if there is one. */
  readonly quality?: { readonly psnr: number; readonly ssim: number };
}

/** What a recognizer predicts for each version, in the order of the versions. */
export interface Predictions {
  readonly recognizer: BrowserRecognizer;
  readonly ranked: readonly (readonly Recognition[])[];
}

/** What the page is doing. */
export interface Activity {
  readonly text: string;
  /** 0 to 1; absent while it is unknown. */
  readonly share?: number;
  /** Stops it, if that is possible. */
  cancel?(): void;
}

/** A task with the processors that fit: "sr ×4". */
export interface TaskChoice {
  readonly key: string;
  readonly title: string;
  readonly task: PlaygroundTask;
  readonly scale: number;
}

export const library = signal<Legible | undefined>(undefined);
export const manifest = signal<PlaygroundManifest | undefined>(undefined);
export const processors = signal<readonly OfferedProcessor[]>([]);
export const recognizers = signal<readonly OfferedRecognizer[]>([]);

export const source = signal<Source | undefined>(undefined);
/** Whether the image is good, and is degraded first, so that the original is known. */
export const degraded = signal(true);
export const taskKey = signal("");
/** The size of packaged processors that the visitor wants. */
export const size = signal("s");
/** Standard deviation (denoise, 0 to 1) or quality (jpeg). */
export const strength = signal<Readonly<Record<PlaygroundTask, number>>>({ sr: 0, denoise: 0.1, jpeg: 10 });
/** 0: for people; 1: for machines. */
export const balance = signal(1);

export const versions = signal<readonly Version[]>([]);
export const predictions = signal<readonly Predictions[]>([]);
export const activity = signal<Activity | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);
/** What has just been done, for screen readers and after a cancellation. */
export const news = signal("");
export const online = signal(true);

const TITLES: Readonly<Record<PlaygroundTask, string>> = {
  sr: "Enlarge",
  denoise: "Remove noise",
  jpeg: "Repair JPEG",
};

/** The tasks that processors are there for. */
export const taskChoices = computed<readonly TaskChoice[]>(() => {
  const choices = processors.value.map(({ task, scale }) => {
    const [key, title] = task === "sr" ? [`sr-x${scale}`, `${TITLES.sr} ×${scale}`] : [task, TITLES[task]];
    return { key, title, task, scale };
  });
  return [...new Map(choices.map((choice) => [choice.key, choice])).values()].sort(
    (one, other) => ORDER.indexOf(one.task) - ORDER.indexOf(other.task) || other.scale - one.scale,
  );
});

const ORDER: readonly PlaygroundTask[] = ["sr", "denoise", "jpeg"];

export const chosenTask = computed(
  () => taskChoices.value.find(({ key }) => key === taskKey.value) ?? taskChoices.value[0],
);

const processorsOfTask = computed(() =>
  processors.value.filter(({ task, scale }) => task === chosenTask.value?.task && scale === chosenTask.value.scale),
);

/** The sizes of the packaged processors of the chosen task, the small one first. */
export const sizes = computed(() =>
  [...new Set(processorsOfTask.value.flatMap(({ size }) => size ?? []))].sort().reverse(),
);

export const chosenSize = computed(() => sizes.value.find((each) => each === size.value) ?? sizes.value[0]);

/** The visitor's processors of the chosen task, and the packaged ones of the chosen size. */
export const fittingProcessors = computed(() =>
  processorsOfTask.value.filter(({ size }) => size === undefined || size === chosenSize.value),
);

/** The message of an error as a sentence. */
export const messageOf = (error: unknown): string => {
  const text = plainMessage(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
};
