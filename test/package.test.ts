/** What users install: the packed archive with its dependencies, in a TypeScript project of their own. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { sidecarPath, writeModel } from "../src/platform/node/models.js";
import { exportedSrresnet, tanhFormat } from "../testing/restorers.js";
import { repositoryPath } from "../testing/shared.js";
import { writeClassifier, writeFiles, writeLabeledImages } from "../testing/workspace.js";

const project = mkdtempSync(join(tmpdir(), "legible-project-"));
const installed = join(project, "node_modules", "legible");
const manifest = JSON.parse(readFileSync(repositoryPath("package.json"), "utf8"));
let files: readonly string[] = [];

before(() => {
  mkdirSync(installed, { recursive: true });
  // The scripts of `npm pack` rebuild dist/, from which other tests may run at this moment.
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", project];
  execFileSync("npm", pack, { cwd: repositoryPath() });
  const archive = readdirSync(project).find((name) => name.endsWith(".tgz")) as string;
  execFileSync("tar", ["-xzf", join(project, archive), "-C", installed, "--strip-components=1"]);
  files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

  // Only what the package declares, so that a dependency it forgets is missed; and what a TypeScript project has anyway.
  for (const name of [...Object.keys(manifest.dependencies), "@types/node"]) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(repositoryPath("node_modules", name), link);
  }
  const compilerOptions = {
    ...{ module: "NodeNext", target: "ES2023", lib: ["ES2023"], types: ["node"] },
    ...{ strict: true, skipLibCheck: false, rootDir: ".", outDir: "built" },
  };
  writeFiles(project, {
    "package.json": JSON.stringify({ name: "project", private: true, type: "module" }),
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["examples"] }),
  });
  cpSync(join(installed, "examples"), join(project, "examples"), { recursive: true });
});

after(() => rmSync(project, { recursive: true, force: true }));

const tsc = repositoryPath("node_modules", "typescript", "bin", "tsc");

/** Without what npm says of this repository, which the install script of onnxruntime-node would take for its own. */
function runNode(...args: string[]): string {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, env, encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test("the archive holds no test", () => {
  assert.deepEqual(
    files.filter((path) => /\.test\.|[\\/]testing[\\/]/.test(path)),
    [],
  );
});

test("every source map in the archive and every source that it names are there", () => {
  const named = files.flatMap((path) => {
    if (path.endsWith(".map"))
      return JSON.parse(readFileSync(path, "utf8")).sources.map((source: string) => join(dirname(path), source));
    const [, map] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(path, "utf8")) ?? [];
    return map ? [join(dirname(path), map)] : [];
  });
  assert.ok(named.length > 100, `${named.length} references`);
  assert.deepEqual(
    named.filter((path) => !existsSync(path)),
    [],
  );
});

test("every relative link of the archive's pages leads to something in the archive", () => {
  const broken = files
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) => {
      const links = readFileSync(path, "utf8").matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g);
      return Array.from(links, ([, link = ""]) => join(dirname(path), link));
    })
    .filter((path) => !existsSync(path));
  assert.deepEqual(broken, []);
});

test("the installed command prints the version of its package.json", () => {
  assert.equal(runNode(join(installed, manifest.bin.legible), "--version").trim(), manifest.version);
});

test("the examples type-check against the declarations in the archive, which are checked too, and run", async () => {
  runNode(tsc);
  await writeLabeledImages(join(project, "images"), 8, 48);
  await writeClassifier(join(project, "classifier.onnx"), 32);
  await writeModel(exportedSrresnet(), join(project, "restorer.onnx"));
  writeFiles(project, { [sidecarPath("restorer.onnx")]: JSON.stringify(tanhFormat) });

  const first = ["restorer.onnx", "classifier.onnx", "images", "run", "2", "2", "32"];
  runNode("built/examples/01-fine-tune-any-restorer.js", ...first);
  assert.ok(existsSync(join(project, "run", "model.onnx")));
  assert.match(runNode("built/examples/02-a-task-of-your-own.js", "dead-pixels", "2"), /^\| trained /m);
});

/** A project into which npm has put the files of legible and onnxruntime-node, and whose install scripts are to run. */
function unbuiltProject(name: string): { runScript(...path: string[]): string; libraries(): string[] } {
  const modules = join(project, name, "node_modules");
  const runtime = repositoryPath("node_modules", "onnxruntime-node");
  cpSync(join(installed, "tools"), join(modules, "legible", "tools"), { recursive: true });
  cpSync(join(runtime, "package.json"), join(modules, "onnxruntime-node", "package.json"));
  cpSync(join(runtime, "script"), join(modules, "onnxruntime-node", "script"), { recursive: true });
  const bin = join(modules, "onnxruntime-node", "bin", "napi-v6", process.platform, process.arch);
  mkdirSync(bin, { recursive: true });
  for (const dependency of Object.keys(JSON.parse(readFileSync(join(runtime, "package.json"), "utf8")).dependencies))
    symlinkSync(repositoryPath("node_modules", dependency), join(modules, dependency));
  return {
    libraries: () => readdirSync(bin),
    runScript: (...path) => runNode(join(modules, ...path)),
  };
}

test("after the package's own install script, that of onnxruntime-node downloads nothing", () => {
  const { runScript } = unbuiltProject("registry-only");
  assert.equal(runScript("legible", "tools", "skip-cuda-download.js"), "");
  assert.equal(runScript("onnxruntime-node", "script", "install.js"), "");
});

test("the package's install script creates no CUDA placeholder if the user has requested the CUDA libraries", (t) => {
  process.env.ONNXRUNTIME_NODE_INSTALL = "true";
  t.after(() => delete process.env.ONNXRUNTIME_NODE_INSTALL);
  const { runScript, libraries } = unbuiltProject("cuda");
  runScript("legible", "tools", "skip-cuda-download.js");
  assert.deepEqual(libraries(), []);
});

test("the skeletons in CONTRIBUTING.md type-check as the files that they name", () => {
  const page = readFileSync(repositoryPath("CONTRIBUTING.md"), "utf8");
  const skeletons = page.matchAll(/^```ts\n\/\/ (src\/\S+)\n([\s\S]*?)^```$/gm);
  const added = Object.fromEntries(Array.from(skeletons, ([, path, code]) => [path as string, code as string]));
  assert.ok(Object.keys(added).length >= 2);
  const folder = join(project, "contribution");
  writeFiles(folder, added);
  symlinkSync(repositoryPath("node_modules"), join(folder, "node_modules"));
  const compilerOptions = { rootDirs: [".", repositoryPath()], noEmit: true, incremental: false, rootDir: "/" };
  const config = { extends: repositoryPath("tsconfig.json"), compilerOptions, include: ["src"] };
  writeFiles(folder, { "package.json": '{"type":"module"}', "tsconfig.json": JSON.stringify(config) });
  runNode(tsc, "-p", folder);
});
