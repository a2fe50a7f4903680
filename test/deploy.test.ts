import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Document, parseAllDocuments } from "yaml";
import { z } from "zod";
import { flagsOf, valueFrom } from "../src/commands/flags.js";
import { worker } from "../src/commands/worker.js";
import { version } from "../src/platform/node/version.js";
import { parseSettings } from "../src/settings.js";
import { repositoryPath } from "../testing/shared.js";

const read = (name: string): string => readFileSync(repositoryPath("deploy", name), "utf8");
const names = (readdirSync(repositoryPath("deploy"), { recursive: true }) as string[]).filter((name) =>
  name.endsWith(".yaml"),
);
const documents = new Map(names.map((name) => [name, parseAllDocuments(read(name)) as Document[]]));

const Container = z.object({
  image: z.string(),
  args: z.array(z.string()),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal("ALL")]) }),
  }),
});
const Pod = z.object({
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.number().positive() }),
  containers: z.array(Container).length(1),
});
const Deployment = z.object({
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({ spec: Pod }),
  }),
});
const Service = z.object({ image: z.string(), user: z.string(), read_only: z.literal(true) });
const CommandService = Service.extend({ command: z.array(z.string()), stop_grace_period: z.string() });
const Trigger = z.object({ type: z.literal("redis"), metadata: z.object({ listName: z.string() }) });

/** All objects of a kind of Kubernetes. */
const objects = (kind: string): unknown[] =>
  [...documents.values()].flat().flatMap((document) => (document.get("kind") === kind ? [document.toJS()] : []));

const compose = z
  .object({ services: z.object({ redis: Service, worker: CommandService }) })
  .parse(documents.get("compose.yaml")?.[0]?.toJS());
const deployment = Deployment.parse(objects("Deployment")[0]).spec;
const pod = deployment.template.spec;
const [container] = pod.containers as [z.output<typeof Container>];

/** The settings of the words `worker`, flag, value, flag, value… @throws when a flag or a value is not valid. */
function settingsOf([command, ...words]: readonly string[]) {
  assert.equal(command, "worker");
  const flags = flagsOf(worker.settings);
  const given: Record<string, unknown> = {};
  for (let i = 0; i < words.length; i += 2) {
    const flag = flags.find(({ name }) => `--${name}` === words[i]);
    assert.ok(flag, `legible worker has no flag ${words[i]}`);
    given[flag.key] = valueFrom(flag, [words[i + 1] ?? ""]);
  }
  return parseSettings(worker.settings, given, "run worker");
}

test("every YAML file of deploy/ parses", () => {
  assert.ok(names.length >= 5);
  for (const [name, parsed] of documents)
    for (const { errors, warnings } of parsed) assert.deepEqual([...errors, ...warnings], [], name);
});

test("workers are started with flags that exist, and have longer to stop than their jobs", () => {
  const command = /^CMD (\["worker".*\])$/m.exec(read("Containerfile"))?.[1] ?? "[]";
  assert.equal(settingsOf(JSON.parse(command)).metricsPort, 9400);
  assert.ok(settingsOf(container.args).drain < pod.terminationGracePeriodSeconds);
  const { worker: service } = compose.services;
  assert.ok(settingsOf(service.command).drain < Number.parseInt(service.stop_grace_period, 10));
});

test("no container runs as root", () => {
  assert.match(read("Containerfile"), /^USER [1-9]\d*:[1-9]\d*$/m);
  for (const { user } of Object.values(compose.services)) assert.match(user, /^(\$\{\w+:-)?[1-9]\d*:[1-9]\d*\}?$/);
  assert.equal(pod.securityContext.runAsNonRoot, true);
});

test("images, names and the lists that KEDA counts have the version of the package", () => {
  const [scaled] = objects("ScaledObject").map((each) =>
    z.object({ spec: z.object({ triggers: z.array(Trigger) }) }).parse(each),
  );
  const lists = scaled?.spec.triggers.map(({ metadata }) => metadata.listName) ?? [];
  assert.equal(lists[0], `legible:jobs-${version}:wait`);
  for (const list of lists) assert.ok(list.startsWith(`legible:jobs-${version}:`), list);
  assert.equal(container.image, `legible:${version}`);
  assert.equal(compose.services.worker.image, `legible:${version}`);
  assert.equal(deployment.selector.matchLabels["app.kubernetes.io/version"], version);
  const [kustomization] = objects("Kustomization") as { nameSuffix: string; images: { newTag: string }[] }[];
  assert.equal(kustomization?.images[0]?.newTag, version);
  assert.equal(kustomization?.nameSuffix, `-${version.replaceAll(".", "-")}`);
});
