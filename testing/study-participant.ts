/// <reference lib="dom" />
import type { Locator, Page } from "playwright-core";
import type { Random } from "../src/random.js";
import type { AnswerRow } from "../src/study/answers.js";
import type { Choice, StudyDefinition } from "../src/study/definition.js";

/** The screens that participants use. */
export const devices = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
} as const;

/** How a participant operates the page. */
export type Operation = "keyboard" | "pointer" | "touch";

/** An answer, and what the page showed when it was given. */
export interface GivenAnswer {
  readonly trial: number;
  readonly choice: Choice | null;
  readonly name: string | null;
  /** The images by their names, and the labels, of the left and the right side. */
  readonly shown: readonly string[];
}

const READY = "[data-choice=left]:not([disabled]):not([aria-disabled=true])";
const SHOW = ".naming .below button:not([disabled])";
const FINISHED = ".completion";

/** A simulated participant: chooses at random, operates the page as people do, and remembers what was answered. */
export class StudyParticipant {
  readonly answers: GivenAnswer[] = [];

  constructor(
    readonly page: Page,
    private readonly operation: Operation,
    private readonly random: Random,
  ) {}

  /** A participant who has joined a study and sees its first trial. */
  static async begun(
    { url }: { readonly url: string },
    ...who: ConstructorParameters<typeof StudyParticipant>
  ): Promise<StudyParticipant> {
    const participant = new StudyParticipant(...who);
    await participant.join(url);
    await participant.begin();
    return participant;
  }

  /** Opens the study and joins it, up to the instructions. */
  async join(url: string, code?: string): Promise<void> {
    await this.page.goto(url);
    await this.heading("About this study");
    if (code !== undefined) await this.#type(this.page.locator("#code"), code);
    const agree = this.page.locator("#agree");
    if (this.operation === "keyboard") {
      await this.#focus(agree);
      await this.page.keyboard.press("Space");
    } else await this.#press(agree);
    await this.#press(this.page.getByRole("button", { name: "Start" }));
    await this.page.getByRole("button", { name: "Begin" }).waitFor();
  }

  /** Starts the trials from the instructions. */
  begin(): Promise<void> {
    return this.#press(this.page.getByRole("button", { name: /Begin|Continue/ }));
  }

  /** Answers until the study is finished, or until so many answers were given. */
  async answer(count = Number.POSITIVE_INFINITY, look: () => Promise<void> = async () => {}): Promise<void> {
    for (let given = 0; given < count; given++) {
      await this.ready();
      await look();
      if (await this.page.locator(FINISHED).isVisible()) return;
      await this.answerOne();
    }
  }

  /** Waits for a trial that can be answered, or the last screen. */
  async ready(): Promise<void> {
    const expected = this.page.locator([READY, SHOW, FINISHED].join(", ")).first();
    await expected.waitFor().catch(async (error: Error) => {
      const shown = await this.page.locator("body").innerText();
      throw new Error(`no trial can be answered; the page shows ${JSON.stringify(shown)}`, { cause: error });
    });
  }

  /** Answers the trial that is shown. */
  async answerOne(): Promise<void> {
    const [position = "0", , total] = (await this.page.locator(".count").innerText()).split(" ");
    const trial = Number(position) - 1;
    if (await this.page.locator(SHOW).isVisible()) return this.#name(trial);
    const buttons = this.page.locator("[data-choice]");
    const index = this.random.integer(await buttons.count());
    const choice = (await buttons.nth(index).getAttribute("data-choice")) as Choice;
    this.answers.push({ trial, choice, name: null, shown: await this.shown() });
    const key =
      this.random.integer(2) === 0 ? String(index + 1) : { left: "ArrowLeft", right: "ArrowRight" }[choice as string];
    if (this.operation === "keyboard" && key) await this.page.keyboard.press(key);
    else await this.#press(buttons.nth(index));
    // The next trial can be ready at once: only its number tells it from this one.
    await this.page.waitForFunction(
      (before) => document.querySelector(".count")?.textContent !== before || document.querySelector(".finished"),
      `${position} of ${total}`,
    );
  }

  /** What the page shows of the trial. */
  async shown(): Promise<readonly string[]> {
    const images = await this.page
      .locator("main img")
      .evaluateAll((found) => found.map((image) => image.getAttribute("src") ?? ""));
    const lists = await this.page
      .locator(".list ol")
      .evaluateAll((found) => found.map((list) => list.textContent ?? ""));
    return [...images.map((source) => source.replace("/images/", "")), ...lists];
  }

  async heading(text: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: text }).waitFor();
  }

  async #name(trial: number): Promise<void> {
    // The image is in the page for a moment only.
    const seen = this.page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const watch = () => {
            const image = document.querySelector(".stage img");
            if (image) resolve(image.getAttribute("src") ?? "");
            else requestAnimationFrame(watch);
          };
          watch();
        }),
    );
    await this.#press(this.page.locator(SHOW));
    const shown = [(await seen).replace("/images/", "")];
    const field = this.page.locator("#name");
    await field.waitFor();
    const options = this.page.locator("#names li");
    if ((await options.count()) === 0) {
      const name = `thing ${this.random.integer(1000)}`;
      this.answers.push({ trial, choice: null, name, shown });
      await this.#type(field, name);
      await this.page.keyboard.press("Enter");
    } else {
      const option = options.nth(this.random.integer(await options.count()));
      const name = await option.innerText();
      this.answers.push({ trial, choice: null, name, shown });
      if (this.operation === "keyboard") await this.#select(option, name);
      else await this.#press(option);
      await this.#press(this.page.getByRole("button", { name: "Confirm" }));
    }
    await field.waitFor({ state: "detached" });
  }

  /** Filters by the first letters, then moves down to an option. */
  async #select(option: Locator, name: string): Promise<void> {
    await this.page.keyboard.type(name.slice(0, 1).normalize("NFD").slice(0, 1).toUpperCase());
    for (let moves = 0; (await option.getAttribute("aria-selected")) !== "true"; moves++) {
      if (moves > 10) throw new Error(`arrow keys do not reach the name ${name}`);
      await this.page.keyboard.press("ArrowDown");
    }
  }

  async #press(target: Locator): Promise<void> {
    if (this.operation === "touch") await target.tap();
    else if (this.operation === "pointer") await target.click();
    else {
      await this.#focus(target);
      await this.page.keyboard.press("Enter");
    }
  }

  async #type(target: Locator, text: string): Promise<void> {
    if (this.operation === "keyboard") {
      await this.#focus(target);
      await this.page.keyboard.type(text);
    } else await target.fill(text);
  }

  /** Moves the focus with the Tab key. */
  async #focus(target: Locator): Promise<void> {
    for (let moves = 0; moves < 30; moves++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`the Tab key does not reach ${target}`);
  }
}

/** The part of an answer's row that follows from what the participant saw and did. */
export interface ExpectedRow {
  readonly trial: number;
  readonly item: string;
  readonly left: string;
  readonly right: string | null;
  readonly choice: Choice | null;
  readonly chosen: string | null;
  readonly name: string | null;
}

/** The row that an answer has to become: the systems are found by the images and labels that the page showed. */
export function expectedRow({ trial, choice, name, shown }: GivenAnswer, { items }: StudyDefinition): ExpectedRow {
  const texts = new Set(shown);
  for (const item of items) {
    const contents = Object.entries(item.kind === "labels" ? item.labels : item.images);
    const sides = item.kind === "labels" ? shown.slice(1) : shown;
    const [left, right = null] = sides.map(
      (side) =>
        contents.find(([, content]) => (typeof content === "string" ? content : content.join("")) === side)?.[0],
    );
    if (left === undefined || (item.kind === "labels" && !texts.has(item.image))) continue;
    const chosen = choice === "left" ? left : choice === "right" ? right : null;
    return { trial, item: item.id, left, right, choice, chosen, name };
  }
  throw new Error(`no item has ${shown.join(", ")}`);
}

/** The rows of each participant in the database, in the form of `expectedRow`. */
export function storedRows(answers: readonly AnswerRow[]): ExpectedRow[][] {
  const participants = [...new Set(answers.map(({ participant }) => participant))];
  return participants.map((id) =>
    answers
      .filter(({ participant }) => participant === id)
      .map(({ trial, item, left, right, choice, chosen, name }) => ({
        trial,
        item,
        left,
        right,
        choice,
        chosen,
        name,
      })),
  );
}

/** The rows of participants as texts, in an order that does not depend on that of the participants. */
export const transcripts = (rows: readonly (readonly ExpectedRow[])[]): string[] =>
  rows.map((each) => JSON.stringify(each)).sort();
