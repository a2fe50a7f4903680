/// <reference lib="dom" />
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { chromium } from "../../testing/chromium.js";
import { ServedStudy, studySettings } from "../../testing/served-study.js";
import { studyPages } from "../../testing/study-pages.js";
import { StudyParticipant } from "../../testing/study-participant.js";
import { randomAt } from "../random.js";
import { readStudy } from "./read-study.js";

describe("pages of a study, when something goes wrong", {
  skip: chromium === undefined && "no Chromium is installed",
}, () => {
  const during = studyPages();

  test("a reload continues with the next trial, and the completion code remains", async () => {
    const served = await ServedStudy.start(studySettings("labels"));
    await during(served, async (open) => {
      const page = await open();
      const participant = await StudyParticipant.begun(served, page, "keyboard", randomAt(1));
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
      const participant = await StudyParticipant.begun(served, page, "pointer", randomAt(2));
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
      const participant = await StudyParticipant.begun(served, page, "pointer", randomAt(2));
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
      const participant = await StudyParticipant.begun(served, page, "pointer", randomAt(4));
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
      const participant = await StudyParticipant.begun(served, page, "pointer", randomAt(4));
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
});
