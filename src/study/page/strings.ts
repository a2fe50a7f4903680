import type { StudyKind } from "../definition.js";

/** The language of the texts below, as in the attribute `lang`. */
export const language = "en";

/** All texts of the page. To translate the page, change this file and run `npm run build`. */
export const strings = {
  simulated: "Simulated study: no real participants",
  loading: "Loading…",
  progress: (trial: number, trials: number) => `${trial} of ${trials}`,
  progressLabel: "Progress",
  question: (trial: number, trials: number) => `Question ${trial} of ${trials}.`,
  saving: "Saving your answer…",

  join: {
    heading: "About this study",
    length: (trials: number) => (trials === 1 ? "One question." : `${trials} questions.`),
    code: "Your participant code",
    codeHint: "The code is in your invitation.",
    codeMissing: "Enter your participant code.",
    agree: "I have read this text and agree to take part.",
    agreeMissing: "To take part, confirm that you agree.",
    start: "Start",
  },

  instructions: {
    heading: "What you will do",
    again: "Welcome back",
    answered: (answered: number, trials: number) =>
      `You have answered ${answered} of ${trials} questions. You continue with the next one.`,
    pause: "Every answer is saved. You can leave and continue later on this device, in this browser.",
    pauseWithoutStorage:
      "This browser stores no data for this page. Keep the page open until you are finished: if you close or reload it, you cannot continue.",
    begin: "Begin",
    proceed: "Continue",
    texts: {
      labels: [
        "You see an image and two lists of words, A and B. Decide which list describes the image better.",
        "If both lists are equally good, or neither of them describes the image, say so.",
      ],
      quality: [
        "You see two versions of an image, A and B. Decide which one looks better to you.",
        "You can enlarge both at once. If you see no difference, say so.",
      ],
      naming: [
        "You see an image for a short time. Then you name what you saw.",
        "Look at the cross before the image appears. If you are not sure, give your best guess.",
      ],
    } satisfies Record<StudyKind, readonly string[]>,
    keys: {
      labels: "Keys: 1 or ← for A, 2 or → for B, 3 for both, 4 for neither.",
      quality: "Keys: 1 or ← for A, 2 or → for B, 3 for no difference; + and − change the size.",
      naming: "Keys: Enter shows the image and confirms the name.",
    } satisfies Record<StudyKind, string>,
  },

  labels: {
    heading: "Which list describes the image better?",
    image: "The image of this question",
    list: (side: string) => `List ${side}`,
    none: "(no words)",
    choices: { left: "A is better", right: "B is better", tie: "Both equally", neither: "Neither" },
  },

  quality: {
    heading: "Which image looks better?",
    image: (side: string) => `Image ${side}`,
    frame: (side: string) => `Image ${side}. Arrow keys move both images when they are enlarged.`,
    zoom: "Size of both images",
    smaller: "Smaller",
    larger: "Larger",
    reset: "Reset",
    level: (level: number) => `${level}×`,
    choices: { left: "A is better", right: "B is better", tie: "No difference" },
  },

  naming: {
    heading: "What do you see?",
    ready: "The image is visible for a short time only.",
    show: "Show the image",
    image: "The image of this question",
    lookHere: "Look at the cross.",
    typed: "What did you see?",
    typedHint: "One or a few words. If you are not sure, give your best guess.",
    chosen: "What did you see? Type to filter the names.",
    chosenHint: "Select a name with the arrow keys, or click it.",
    names: "Names",
    matches: (count: number) => (count === 1 ? "1 name" : `${count} names`),
    noMatch: "No name matches. Delete some letters.",
    nameMissing: "Enter what you saw.",
    choiceMissing: "Select a name.",
    confirm: "Confirm",
  },

  finish: {
    saving: "Finishing…",
    heading: "Thank you",
    text: "All your answers are saved. You can close this page.",
    code: "Your completion code",
    codeHint: "It shows that you completed the study. Keep it if you were asked for it.",
    copy: "Copy the code",
    copied: "The code is copied.",
    another: "Another participant on this device",
  },

  trouble: {
    offline: "No connection to the study. Your answers are kept; the page tries again by itself.",
    busy: "The study is busy. Your answers are kept; the page tries again by itself.",
    retry: "Try now",
  },

  ended: {
    heading: "The study cannot continue",
    full: "This study takes no more participants.",
    closed: "This study is closed. All answers that were given before are saved.",
    notFound: "There is no study at this address.",
    unknownDevice: "The study no longer knows this participation. Reload the page to start again.",
    unexpected: (message: string) => `Something went wrong: ${message} All answers that were given before are saved.`,
    reload: "Reload the page",
  },

  /** Shown beside the code that the server refuses. */
  codeRefused: "This code is not valid, or it was used already. Check it, or ask the person who gave it to you.",
};
