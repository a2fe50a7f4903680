import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { repositoryPath } from "./shared.js";

/** The chapters of the page by the room in src/, in reading order. */
const chapters: Readonly<Record<string, string>> = {
  onnx: "ONNX graphs",
  autodiff: "Gradients",
  runtime: "Running graphs",
  passes: "Optimizing graphs",
  images: "Images",
  platform: "Files",
  data: "Tasks and datasets",
  synthetic: "Synthetic images",
  networks: "Networks",
  objectives: "Objectives",
  recognition: "Recognizers",
  detection: "Detectors",
  processors: "Processors",
  training: "Training",
  metrics: "Metrics",
  evaluation: "Evaluation",
  enhancement: "Restoring images",
  inspection: "Inspecting models",
  analysis: "Decision boundaries",
  profiling: "Profiling",
  jobs: "Jobs",
  report: "Plots",
  "": "Errors and random numbers",
};

/** Something that an entry point exports. */
interface Export {
  /** Its name for users, and in the file that declares it. */
  readonly name: string;
  readonly declared: string;
  /** The declaration file. */
  readonly file: string;
  /** The entry points: `legible`, `legible/web`. */
  readonly entries: readonly string[];
}

interface Statement {
  readonly name: string;
  readonly comment: string;
  readonly code: string;
}

const declarations = repositoryPath("dist", "src");
const roomOf = ({ file }: Export): string =>
  dirname(relative(declarations, file)).split("/")[0]?.replace(".", "") ?? "";

/** The top-level statements of a declaration file, as the compiler formats it: everything inside one is indented. */
function statementsIn(file: string): Statement[] {
  const text = readFileSync(file, "utf8").replace(/^\/\/# sourceMappingURL.*/m, "");
  const blocks = text.split(/^(?=\/\*\*|(?:export|declare|interface|type|import)\b)/m);
  return blocks.flatMap((code, i) => {
    const [, name] = /^(?:export |declare |abstract )*(?:class|const|function|interface|type) (\w+)/.exec(code) ?? [];
    const before = blocks[i - 1] ?? "";
    return name ? [{ name, comment: before.startsWith("/**") ? before : "", code: code.trimEnd() }] : [];
  });
}

function exportsOf(entry: string, types: string): Export[] {
  const index = repositoryPath(types);
  const lists = readFileSync(index, "utf8").matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)\.js";/gm);
  return Array.from(lists).flatMap(([, names = "", path]) =>
    Array.from(names.matchAll(/(?:type )?(\w+)(?: as (\w+))?/g), ([, declared = "", name = declared]) => {
      return { name, declared, file: join(dirname(index), `${path}.d.ts`), entries: [entry] };
    }),
  );
}

/** Everything that the package exports, once each, ordered by the name of the file that declares it. */
function publicApi(): Export[] {
  const manifest = JSON.parse(readFileSync(repositoryPath("package.json"), "utf8"));
  const found = new Map<string, Export>();
  for (const [path, { types }] of Object.entries<{ types?: string }>(manifest.exports))
    for (const each of types ? exportsOf(path.replace(".", manifest.name), types) : []) {
      const id = `${each.file} ${each.declared}`;
      found.set(id, { ...each, entries: [...(found.get(id)?.entries ?? []), ...each.entries] });
    }
  return [...found.values()];
}

/** A doc comment as Markdown. */
function markdown(comment: string): string {
  const text = comment
    .replace(/^\/\*\*|\*\/\s*$/g, "")
    .replace(/^ *\* ?/gm, "")
    .replace(/\{@link (\w+)\}/g, "`$1`");
  const [description = "", ...tags] = text.split(/@(?=(?:param|throws|returns|example)\b)/);
  const items = tags.map((tag) => {
    const [, kind, rest = ""] = /^(\w+)\s*([\s\S]*)/.exec(tag.trim()) ?? [];
    if (kind === "example") return `\n${rest}`;
    return kind === "param"
      ? rest.replace(/^(\w+)/, "- `$1`:")
      : `- ${kind === "throws" ? "Throws" : "Returns"} ${rest}`;
  });
  return [description.trim(), items.join("\n")].filter((part) => part !== "").join("\n\n");
}

/** The declaration without `export`, `declare` and private members, indented by two. */
const listing = ({ code }: Statement): string =>
  code
    .replace(/^(?:export |declare )+/, "")
    .replace(/^ {4}(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n {4})?private .*\n/gm, "")
    .replace(/^(?: {4})+/gm, (indent) => " ".repeat(indent.length / 2));

/** The comment of an export: empty where none of its declarations has one. */
function commentOf({ file, declared }: Export): string {
  const own = statementsIn(file).filter(({ name }) => name === declared);
  if (own.length === 0) throw new Error(`${file} does not declare ${declared}`);
  return own.map(({ comment }) => markdown(comment)).find((comment) => comment !== "") ?? "";
}

/** The comment and declaration of an export, with the private types of its file that the declaration names. */
function section(each: Export, api: readonly Export[]): string {
  const isPublic = (name: string) => api.some(({ file, declared }) => file === each.file && declared === name);
  const all = statementsIn(each.file);
  const own = all.filter(({ name }) => name === each.declared);
  const isNamed = ({ name }: Statement) => own.some(({ code }) => new RegExp(`\\b${name}\\b`).test(code));
  const code = [...own, ...all.filter((other) => !isPublic(other.name) && isNamed(other))].map(listing).join("\n");
  const place = each.entries.includes("legible") ? "" : `Import from \`${each.entries.join("` or `")}\`.`;
  const parts = [`### ${each.name}`, place, commentOf(each), `\`\`\`ts\n${code}\n\`\`\``];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Anchors of headings: those that differ only in case are numbered, in the order of the page. */
function anchorsOf(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    const slug = name.toLowerCase().replaceAll(" ", "-");
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** Names of exports without a doc comment, with their files. */
export const undocumented = (): string[] =>
  publicApi()
    .filter((each) => commentOf(each) === "")
    .map(({ name, file }) => `${name} (${relative(declarations, file)})`);

/** docs/api/README.md: every export with its doc comment and declaration, read from the declarations in dist/. */
export function apiPage(): string {
  const api = publicApi();
  const rooms = [...new Set([...Object.keys(chapters), ...api.map(roomOf)])];
  const grouped = rooms.map((room) => ({
    title: chapters[room] ?? room,
    members: api.filter((e) => roomOf(e) === room),
  }));
  const filled = grouped.filter(({ members }) => members.length > 0);
  const anchors = anchorsOf(filled.flatMap(({ title, members }) => [title, ...members.map(({ name }) => name)]));
  const contents = filled.map(({ title, members }) => {
    const link = (name: string) => `[${name}](#${anchors.shift()})`;
    return `- ${[title, ...members.map(({ name }) => name)].map(link).join(", ").replace(", ", ": ")}`;
  });
  const body = filled.map(({ title, members }) =>
    [`## ${title}`, ...members.map((each) => section(each, api))].join("\n\n"),
  );
  const introduction = "Everything that `legible` exports. Written by `npm run docs` from the doc comments in `src/`.";
  return `${["# API", introduction, contents.join("\n"), ...body].join("\n\n")}\n`;
}
