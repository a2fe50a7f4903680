import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { repositoryPath } from "../testing/shared.js";

/** The rooms of src/, lowest first. A room imports, types included, from itself and from rooms before it. */
const rooms = [
  ...[
    "errors",
    "number-text",
    "printable",
    "grouped",
    "random",
    "reporter",
    "settings",
    "onnx",
    "images",
    "platform",
    "autodiff",
    "runtime",
    "passes",
    "metrics",
    "networks",
  ],
  ...[
    "objectives",
    "data",
    "synthetic",
    "jobs",
    "storage",
    "processors",
    "recognition",
    "detection",
    "remote",
    "gate",
    "evaluation",
    "stand-ins",
    "training",
    "enhancement",
  ],
  ...[
    "inspection",
    "profiling",
    "analysis",
    "widgets",
    "report",
    "serving",
    "study",
    "queue",
    "experiments",
    "browser",
    "playground",
    "commands",
    "cli",
    "web",
    "index",
  ],
];

/** What runs in a browser: whole rooms, the graphs of a training, the pages, and the public face for it. */
const pure =
  /^(onnx|images|autodiff|passes|metrics|networks|objectives|widgets|browser)\/|^\w+\/page\/|^training\/(step|adam|schedule|freeze|transformer|(processor|recognizer)-forward)\.ts$|^web\.ts$/;

/** Packages that run in a browser. */
const portable =
  /^(protobufjs|pure-rand|zod|onnxruntime-common|onnxruntime-web|preact|@preact\/signals|@observablehq\/plot|@tanstack\/virtual-core|jspsych|@jspsych\/[\w-]+)(\/|$)/;

/** What package.json's import `#backend` can be; the first under the condition `browser`. */
const backends = ["runtime/web/backend.ts", "runtime/node/backend.ts"];

const root = repositoryPath("src");
const files = (readdirSync(root, { recursive: true }) as string[])
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".test.ts"));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** What a file imports or exports again: files of src/ and packages. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), "utf8");
  const statements = text.matchAll(/^(?:import|export)\s[\w\s{},*$]*?(?:from )?"([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...statements].flatMap(([, named, dynamic]) => {
    const specifier = (named ?? dynamic) as string;
    if (specifier === "#backend") return backends;
    if (!specifier.startsWith(".")) return specifier;
    const source = normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts");
    return files.includes(`${source}x`) ? `${source}x` : source;
  });
}

const roomOf = (file: string): number => rooms.indexOf(file.replace(/(\/|\.tsx?$).*/, ""));

test("a file of src/ imports nothing from a room above its own", () => {
  assert.deepEqual(
    files.filter((file) => roomOf(file) < 0).map((file) => `${file} is in no room of the list`),
    [],
  );
  const inside = (file: string) => (imports.get(file) ?? []).filter((other) => imports.has(other));
  const upward = files.flatMap((file) =>
    inside(file).flatMap((other) => (roomOf(other) > roomOf(file) ? `${file} imports ${other}` : [])),
  );
  assert.deepEqual(upward, []);
});

/** The shortest way along imports from a file to what `found` accepts, if there is one. */
function way(from: string, found: (target: string) => boolean, targetsOf = (file: string) => imports.get(file) ?? []) {
  const ways = [[from]];
  const seen = new Set<string>();
  for (const path of ways)
    for (const target of targetsOf(path.at(-1) as string)) {
      if (found(target)) return [...path, target].join(" > ");
      if (!seen.has(target)) ways.push([...path, target]);
      seen.add(target);
    }
  return undefined;
}

test("no files of src/ import each other in a circle", () => {
  const circles = files.map((file) => way(file, (target) => target === file));
  assert.deepEqual(
    circles.filter((circle) => circle !== undefined),
    [],
  );
});

test("what runs in a browser reaches only packages that do", () => {
  const inBrowser = (file: string) => (imports.get(file) ?? []).filter((target) => target !== backends[1]);
  const ways = files
    .filter((file) => pure.test(file))
    .map((file) => way(file, (target) => !imports.has(target) && !portable.test(target), inBrowser));
  assert.deepEqual(
    ways.filter((found) => found !== undefined),
    [],
  );
});

test("only the command line and the commands name flags", () => {
  // Custom properties of CSS are no flags: "--ink: #000;", "var(--ink)", setProperty("--ink", …).
  const flag = /(?<!var|setProperty\()["'`\s(](--[a-z][a-z-]+)(?![a-z-]|: [^;"]*;)/g;
  const found = files
    .filter((file) => !/^(cli|commands)\//.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return [...text.matchAll(flag)].map(([, name]) => `${file} names ${name}`);
    });
  // Not a flag of ours: Node's own, for the garbage collector.
  assert.deepEqual(found, ["platform/node/garbage.ts names --expose-gc"]);
});
