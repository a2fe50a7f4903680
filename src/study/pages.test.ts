/// <reference lib="dom" />
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { chromium, type DrivenBrowser, openBrowser } from "../../testing/chromium.js";
import { ServedStudy, studySettings } from "../../testing/served-study.js";
import {
  devices,
  type ExpectedRow,
  expectedRow,
  StudyParticipant,
  storedRows,
  transcripts,
} from "../../testing/study-participant.js";
import type { Image } from "../images/image.js";
import { decodeImage } from "../platform/node/codec.js";
import { randomAt } from "../random.js";
import type { StudyKind } from "./definition.js";
import { readStudy } from "./read-study.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const { phone, desktop } = devices;
/** How the participants at a desktop operate the study of each kind; others touch a phone. */
const operations = { labels: "pointer", quality: "keyboard", naming: "pointer" } as const;

/** A participant who has joined a study and sees its first trial. */
async function begun(
  { url }: Pick<ServedStudy, "url">,
  ...who: ConstructorParameters<typeof StudyParticipant>
): Promise<StudyParticipant> {
  const participant = new StudyParticipant(...who);
  await participant.join(url);
  await participant.begin();
  return participant;
}

describe("pages of a study", { skip: chromium === undefined && "no Chromium is installed" }, () => {
  let driven: DrivenBrowser;
  before(async () => {
    driven = await openBrowser();
  });
  after(() => driven.end());

  /** Serves a study during `use`, with a function that opens its page on a device. */
  async function during(
    served: ServedStudy,
    use: (open: (device?: BrowserContextOptions) => Promise<Page>) => Promise<void>,
  ) {
    const contexts: BrowserContext[] = [];
    try {
      await use(async (device = desktop) => {
        const context = await driven.browser.newContext(device);
        contexts.push(context);
        context.setDefaultTimeout(60_000);
        return context.newPage();
      });
    } finally {
      for (const context of contexts) await context.close();
      await served.end();
    }
  }

  for (const kind of ["labels", "quality", "naming"] satisfies StudyKind[])
    test(`the answers in the database are those that participants of a study of ${kind} gave`, async () => {
      const served = await ServedStudy.start(studySettings(kind));
      await during(served, async (open) => {
        const expected: ExpectedRow[][] = [];
        const participants = [
          { device: phone, operation: "touch" },
          { device: desktop, operation: operations[kind] },
        ] as const;
        const visits = participants.map(async ({ device, operation }, i) => {
          const participant = await begun(served, await open(device), operation, randomAt(i, kind.length));
          await participant.answer();
          expected.push(participant.answers.map((answer) => expectedRow(answer, served.study.definition)));
          assert.deepEqual(
            participant.answers.map(({ trial }) => trial),
            [0, 1, 2, 3, 4],
          );
        });
        await Promise.all(visits);
        const { answers, participants: rows } = await readStudy(served.study.folder);
        assert.ok(rows.every(({ finished_at }) => finished_at !== null));
        assert.deepEqual(transcripts(storedRows(answers)), transcripts(expected));
        assert.deepEqual(new Set(answers.map(({ input }) => input)), new Set(["touch", operations[kind]]));
        assert.deepEqual(new Set(answers.map(({ width }) => width)), new Set([390, 1280]));
        if (kind === "naming")
          assert.ok(answers.every(({ exposure }) => exposure !== null && exposure >= 80 && exposure < 5000));
      });
    });

  test("no screen has a serious violation of accessibility, light or dark, or is too wide for 320 pixels", async () => {
    for (const [kind, access] of [
      ["labels", { cap: 5 }],
      ["quality", { codes: ["abcd-efgh"] }],
      ["naming", { cap: 5 }],
    ] as const) {
      const served = await ServedStudy.start(studySettings(kind, { access, trials: 1 }), {}, 0);
      await during(served, async (open) => {
        const page = await open({ ...phone, viewport: { width: 320, height: 640 } });
        const check = async () => {
          await requireAccessible(page, kind);
          await requireUsable(page, kind);
        };
        await page.goto(served.url);
        await page.getByRole("button", { name: "Start" }).click();
        await page.getByText("confirm that you agree").waitFor();
        await check();
        const participant = new StudyParticipant(page, "pointer", randomAt(7));
        await participant.join(served.url, kind === "quality" ? "abcd-efgh" : undefined);
        await check();
        await participant.begin();
        await participant.answer(2, check);
        await participant.heading("Thank you");
        if (kind !== "labels") return;
        await page.goto(`${served.url}admin#${"t".repeat(43)}`);
        await participant.heading("A study of labels");
        await requireAccessible(page, "admin");
      });
    }
  });

  test("no request leaves the page's origin, nothing breaks the content security policy, and no address is stored", async () => {
    const served = await ServedStudy.start(studySettings("naming"), { trustProxy: true });
    await during(served, async (open) => {
      const address = "203.0.113.77";
      const page = await open({
        ...desktop,
        extraHTTPHeaders: { "x-forwarded-for": address },
        userAgent: "Mozilla/5.0 (Unusual)",
      });
      const requested: string[] = [];
      page.on("request", (request) => requested.push(request.url()));
      await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
          console.error(violatedDirective),
        );
      });
      const errors: string[] = [];
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("pageerror", (error) => errors.push(String(error)));
      const participant = await begun(served, page, "pointer", randomAt(3));
      await participant.answer();
      assert.ok(requested.length > 10, requested.join("\n"));
      assert.deepEqual(
        requested.filter((url) => !url.startsWith(served.url)),
        [],
      );
      assert.deepEqual(errors, []);
      assert.deepEqual(await page.context().cookies(), []);
      await served.stop();
      const bytes = [address, "127.0.0.1", "Unusual"].map((text) => Buffer.from(text));
      const raw = Buffer.from(address.split(".").map(Number));
      for (const name of readdirSync(served.study.folder, { recursive: true, encoding: "utf8" })) {
        const path = join(served.study.folder, name);
        if (!statSync(path).isFile() || name.endsWith(".png")) continue;
        const content = readFileSync(path);
        for (const each of [...bytes, raw]) assert.equal(content.indexOf(each), -1, `${name} contains ${each}`);
      }
    });
  });

  test("a reload continues with the next trial, and the completion code remains", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      const participant = await begun(served, page, "keyboard", randomAt(1));
      await participant.answer(2);
      await participant.ready();
      await page.reload();
      await participant.heading("Welcome back");
      assert.ok(await page.getByText("You have answered 2 of 5 questions.").isVisible());
      await participant.begin();
      await participant.answer();
      assert.deepEqual(
        participant.answers.map(({ trial }) => trial),
        [0, 1, 2, 3, 4],
      );
      const code = await page.locator(".completion").innerText();
      await page.reload();
      await participant.heading("Thank you");
      assert.equal(await page.locator(".completion").innerText(), code);
      const { answers, completions } = await readStudy(served.study.folder);
      assert.equal(answers.length, 5);
      assert.deepEqual(completions, [code]);
    });
  });

  test("a server that is down for two seconds loses no answer", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      const participant = await begun(served, page, "pointer", randomAt(2));
      await participant.answer(1);
      await participant.ready();
      await served.stop();
      const answering = participant.answerOne();
      await page.getByText("No connection to the study.").waitFor();
      await setTimeout(2000);
      assert.equal(await page.locator(".count").innerText(), "2 of 5");
      await served.listen();
      await answering;
      await participant.answer();
      assert.equal(await page.getByText("No connection to the study.").count(), 0);
      const { answers } = await readStudy(served.study.folder);
      assert.deepEqual(
        answers.map(({ choice }) => choice),
        participant.answers.map(({ choice }) => choice),
      );
    });
  });

  test("an answer that could not be sent is sent after a reload", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      const participant = await begun(served, page, "pointer", randomAt(2));
      await participant.ready();
      await served.stop();
      await page.getByRole("button", { name: "Neither" }).click();
      await page.getByText("No connection to the study.").waitFor();
      await served.listen();
      // The page may be faster than the reload; either way the answer is stored once.
      await page.reload();
      await participant.heading("Welcome back");
      assert.deepEqual(
        (await readStudy(served.study.folder)).answers.map(({ trial, choice }) => ({ trial, choice })),
        [{ trial: 0, choice: "neither" }],
      );
    });
  });

  test("a double click answers one trial", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      const participant = await begun(served, page, "pointer", randomAt(4));
      await participant.ready();
      await page.getByRole("button", { name: "A is better" }).dblclick();
      await page.locator(".count", { hasText: "2 of 5" }).waitFor();
      await participant.ready();
      await page.evaluate(() => {
        for (const repeat of [false, true, true])
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "2", repeat, bubbles: true }));
      });
      await page.locator(".count", { hasText: "3 of 5" }).waitFor();
      await participant.ready();
      const { answers } = await readStudy(served.study.folder);
      assert.deepEqual(
        answers.map(({ choice }) => choice),
        ["left", "right"],
      );
    });
  });

  test("keys with Alt and keys before the trial is visible answer nothing", async () => {
    const served = await ServedStudy.start(studySettings("quality"));
    await during(served, async (open) => {
      const page = await open();
      const participant = new StudyParticipant(page, "keyboard", randomAt(4));
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route("**/images/*", async (route) => {
        await held;
        await route.continue();
      });
      await participant.join(served.url);
      await participant.begin();
      await page.locator(".count", { hasText: "1 of 5" }).waitFor();
      await page.keyboard.press("1");
      release();
      await participant.ready();
      await page.keyboard.press("Alt+1");
      await page.keyboard.press("Control+1");
      await setTimeout(300);
      assert.equal(await page.locator(".count").innerText(), "1 of 5");
      assert.equal((await readStudy(served.study.folder)).answers.length, 0);
    });
  });

  test("an image that hangs is loaded again", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      await page.clock.install();
      let hangs = true;
      await page.route("**/images/*", (route) => (hangs ? undefined : route.continue()));
      const participant = await begun(served, page, "pointer", randomAt(4));
      await page.locator(".count", { hasText: "1 of 5" }).waitFor();
      const trouble = page.getByText("No connection to the study.");
      while (!(await trouble.isVisible())) await page.clock.fastForward(60_000);
      hangs = false;
      await page.clock.fastForward(1000);
      await participant.answer();
      assert.equal((await readStudy(served.study.folder)).answers.length, 5);
    });
  });

  test("a second tab answers each trial once", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      const first = new StudyParticipant(page, "pointer", randomAt(4));
      await first.join(served.url);
      await first.begin();
      await first.ready();
      const second = new StudyParticipant(await page.context().newPage(), "pointer", randomAt(5));
      await second.page.goto(served.url);
      await second.begin();
      await second.answer(3);
      await page.bringToFront();
      await first.answer();
      await first.heading("Thank you");
      const { answers, participants: rows } = await readStudy(served.study.folder);
      assert.equal(rows.length, 1);
      assert.deepEqual(
        answers.map(({ choice }) => choice),
        // The first tab's answer to the first trial came too late; then it went on where the second one stopped.
        [...second.answers, ...first.answers.slice(1)].map(({ choice }) => choice),
      );
      assert.deepEqual(
        first.answers.map(({ trial }) => trial),
        [0, 3, 4],
      );
    });
  });

  test("a wrong or used code is refused with one sentence, and a response that is lost uses up no code", async () => {
    const served = await ServedStudy.start(studySettings("labels", { access: { codes: ["abcd-efgh", "ijkl-mnop"] } }));
    await during(served, async (open) => {
      const page = await open();
      await page.goto(`${served.url}#code=wrong-code`);
      await page.locator("#agree").check();
      await page.getByRole("button", { name: "Start" }).click();
      const refusal = page.locator("#code-error");
      await refusal.filter({ hasText: "This code is not valid, or it was used already." }).waitFor();
      assert.equal(await page.locator("#code").inputValue(), "wrong-code");
      let lost = 0;
      await page.route("**/api/participants", async (route) => {
        if (lost++ > 0) return route.continue();
        await route.fetch();
        await route.abort("connectionreset");
      });
      await page.locator("#code").fill("abcd-efgh");
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByRole("heading", { name: "What you will do" }).waitFor();
      assert.equal(lost, 2);
      assert.equal((await readStudy(served.study.folder)).participants.length, 1);
      const other = await open();
      await other.goto(`${served.url}#code=abcd-efgh`);
      await other.locator("#agree").check();
      await other.getByRole("button", { name: "Start" }).click();
      await other.locator("#code-error", { hasText: "it was used already" }).waitFor();
      assert.equal((await readStudy(served.study.folder)).participants.length, 1);
    });
  });

  test("a study that is closed or full admits no one", async () => {
    for (const [settings, options] of [
      [studySettings("labels"), { closed: true }],
      [studySettings("labels", { access: { cap: 1 } }), {}],
    ] as const) {
      const served = await ServedStudy.start(settings, options);
      await during(served, async (open) => {
        if (!("closed" in options)) await new StudyParticipant(await open(), "pointer", randomAt(1)).join(served.url);
        const page = await open();
        await page.goto(served.url);
        await page.getByRole("alert").filter({ hasText: "takes no more participants" }).waitFor();
        assert.equal(await page.locator("#agree").count(), 0);
        await requireAccessible(page, "ended");
      });
    }
  });

  test("a browser that blocks storage takes part in one sitting", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      await page.addInitScript(() => {
        Object.defineProperty(window, "localStorage", {
          get() {
            throw new DOMException("blocked", "SecurityError");
          },
        });
      });
      const participant = new StudyParticipant(page, "pointer", randomAt(1));
      await participant.join(served.url);
      assert.ok(await page.getByText("if you close or reload it, you cannot continue").isVisible());
      await participant.begin();
      await participant.answer();
      assert.equal((await readStudy(served.study.folder)).answers.length, 5);
    });
  });

  test("both images of a pair are enlarged and moved together, by every device", async () => {
    const served = await ServedStudy.start(studySettings("quality", { trials: 1 }), {}, 0, 600);
    await during(served, async (open) => {
      const page = await open({ ...desktop, hasTouch: true });
      const participant = await begun(served, page, "touch", randomAt(1));
      await participant.ready();
      const frame = page.locator(".frame").last();
      const box = await frame.boundingBox();
      assert.ok(box);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const boxes = page.locator(".frame img");
      /** The level, and where the left image is in its frame; the right one has to be at the same place of its own. */
      const state = async () => {
        const places = await boxes.evaluateAll((images) =>
          images.map((image) => ({
            left: (image as HTMLElement).offsetLeft,
            top: (image as HTMLElement).offsetTop,
            width: image.clientWidth,
          })),
        );
        assert.deepEqual(places[0], places[1]);
        return { level: await page.locator("output").innerText(), ...(places[0] as (typeof places)[number]) };
      };
      const start = await state();
      assert.equal(start.level, "1×");
      await page.mouse.move(x, y);
      await page.mouse.wheel(0, -100);
      await page.locator("output", { hasText: "2×" }).waitFor();
      const wheeled = await state();
      assert.equal(wheeled.width, 2 * start.width);
      await page.mouse.down();
      await page.mouse.move(x + 40, y + 25);
      await page.mouse.up();
      const dragged = await state();
      assert.deepEqual([dragged.left - wheeled.left, dragged.top - wheeled.top], [40, 25]);
      await frame.focus();
      await page.keyboard.press("ArrowRight");
      const moved = await state();
      assert.ok(moved.left < dragged.left);
      assert.equal(await page.locator(".count").innerText(), "1 of 1");
      await page.keyboard.press("-");
      assert.equal((await state()).level, "1×");
      const touch = await page.context().newCDPSession(page);
      const fingers = (distance: number) => [
        { x: x - distance, y, id: 1 },
        { x: x + distance, y, id: 2 },
      ];
      await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: fingers(20) });
      await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: fingers(60) });
      await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
      assert.equal((await state()).level, "3×");
    });
  });

  test("each image pixel covers the same whole number of the screen's pixels, at every size", async () => {
    const served = await ServedStudy.start(studySettings("quality", { trials: 1 }), {}, 0, 200);
    await during(served, async (open) => {
      for (const deviceScaleFactor of [1, 1.5, 2]) {
        const page = await open({ viewport: { width: 1283, height: 801 }, deviceScaleFactor });
        const participant = await begun(served, page, "pointer", randomAt(1));
        await participant.ready();
        const [name = ""] = await participant.shown();
        const original = await decodeImage(join(served.study.folder, "images", name));
        for (const level of [1, 2, 3]) {
          const cells = Math.round(deviceScaleFactor) * level;
          const screenshot = await decodeImage(await page.locator(".frame").first().screenshot());
          assert.ok(isEnlarged(screenshot, original, cells), `${deviceScaleFactor} at ${level}×`);
          await page.keyboard.press("+");
        }
      }
    });
  });
});

/** @throws AssertionError when axe finds a serious or critical violation on the page, in either color scheme. */
async function requireAccessible(page: Page, where: string): Promise<void> {
  const title = await page.locator("h1").innerText();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe);
    // Only colors differ between the schemes.
    const rules = colorScheme === "light" ? {} : { runOnly: ["color-contrast"] };
    const violations = await page.evaluate(async (options) => {
      const { axe: checker } = window as unknown as {
        axe: { run(options: object): Promise<{ violations: AxeViolation[] }> };
      };
      const found = (await checker.run(options)).violations;
      return found.map(({ id, impact, nodes }) => ({
        id,
        impact,
        targets: nodes.map(({ target }) => target.join(" ")),
      }));
    }, rules);
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(serious, [], `${where}, ${title}, ${colorScheme}`);
  }
}

/** @throws AssertionError when the page scrolls sideways or a control is too small for a finger. */
async function requireUsable(page: Page, where: string): Promise<void> {
  const { excess, small } = await page.evaluate(() => {
    const controls = [...document.querySelectorAll<HTMLElement>("button, input, [role=option]")];
    const targets = controls
      .map((control) => control.closest("label") ?? control)
      .filter((target) => target.offsetHeight > 0);
    const { scrollWidth, clientWidth } = document.documentElement;
    return {
      excess: scrollWidth - clientWidth,
      small: targets.filter((t) => t.offsetHeight < 44).map((t) => t.innerText),
    };
  });
  assert.equal(excess, 0, where);
  assert.deepEqual(small, [], where);
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

/**
 * Whether a screenshot shows the middle of an image with every pixel as `cells` × `cells` pixels: each of the screenshot's pixels is
 * that of the image at the same place.
 */
function isEnlarged(screenshot: Image, original: Image, cells: number): boolean {
  const offsetOf = (size: number, image: number) => Math.round((size - image * cells) / 2);
  const [left, top] = [offsetOf(screenshot.width, original.width), offsetOf(screenshot.height, original.height)];
  // The image is in the middle of the frame, give or take what sizes and positions are rounded by.
  const near = [-3, -2, -1, 0, 1, 2, 3];
  const shifts = near.flatMap((x) => near.map((y) => [left + x, top + y] as const));
  return shifts.some(([x0, y0]) => matches(screenshot, original, cells, x0, y0));
}

function matches(screenshot: Image, original: Image, cells: number, x0: number, y0: number): boolean {
  let compared = 0;
  // Two pixels at the border belong to the frame's own rounding.
  for (let y = 2; y < screenshot.height - 2; y++)
    for (let x = 2; x < screenshot.width - 2; x++) {
      const [column, row] = [Math.floor((x - x0) / cells), Math.floor((y - y0) / cells)];
      // The outermost pixels of the image are left out: where the browser only emulates a screen, it blends them with the frame.
      if (column < 1 || row < 1 || column >= original.width - 1 || row >= original.height - 1) continue;
      compared++;
      const [seen, expected] = [(y * screenshot.width + x) * 3, (row * original.width + column) * 3];
      for (let c = 0; c < 3; c++) if (screenshot.data[seen + c] !== original.data[expected + c]) return false;
    }
  return compared > 10_000;
}
