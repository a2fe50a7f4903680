/// <reference lib="dom" />
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { chromium } from "../../testing/chromium.js";
import { ServedStudy, studySettings } from "../../testing/served-study.js";
import { studyPages } from "../../testing/study-pages.js";
import {
  devices,
  type ExpectedRow,
  expectedRow,
  StudyParticipant,
  storedRows,
  transcripts,
} from "../../testing/study-participant.js";
import { randomAt } from "../random.js";
import type { StudyKind } from "./definition.js";
import { readStudy } from "./read-study.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const { phone, desktop } = devices;
/** How the participants at a desktop operate the study of each kind; others touch a phone. */
const operations = { labels: "pointer", quality: "keyboard", naming: "pointer" } as const;

describe("pages of a study", { skip: chromium === undefined && "no Chromium is installed" }, () => {
  const during = studyPages();

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
          const participant = await StudyParticipant.begun(
            served,
            await open(device),
            operation,
            randomAt(i, kind.length),
          );
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
      const participant = await StudyParticipant.begun(served, page, "pointer", randomAt(3));
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
