import { inBrackets, quoted, StoppedRun } from "./faults.js";
import type { Service } from "./service.js";

const RERUN = "rerun to resume";

const keysOf = ({ keyNames }: Service): string =>
  keyNames
    .filter(({ local }) => local !== undefined)
    .map(({ name }) => name)
    .join(" and ");

/** Why a run ends, each as one sentence with what to do. Answers so far are kept. */
export const stopSentence = {
  key: (service: Service, reason: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: ${service.url.host} refuses the key${inBrackets(reason)}; ` +
        `${keysOf(service) === "" ? "check the headers of the service" : `check ${keysOf(service)} and the permissions of the key`}, then ${RERUN}`,
    ),
  quota: (service: Service, reason: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: the quota of ${service.url.host} is used up${inBrackets(reason)}; raise it or wait until it is renewed, then ${RERUN}`,
    ),
  setting: (service: Service, reason: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: ${service.url.host} does not know what is asked for${inBrackets(reason)}; check \`endpoint\` and \`model\``,
    ),
  unreachable: (service: Service, reason: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: ${service.url.host} cannot be reached, ${quoted(reason)}; check \`endpoint\` and the network, then ${RERUN}`,
    ),
  redirect: (service: Service, target: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: ${service.url.host} redirects to "${quoted(target)}", and the key is sent to no other URL; set \`endpoint\` to the final URL`,
    ),
  wait: (service: Service, seconds: number, reason: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: ${service.url.host} asks to wait ${Math.ceil(seconds / 60)} minutes${inBrackets(reason)}; ${RERUN} after that time`,
    ),
  unstored: (service: Service, path: string, reason: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: its answers cannot be stored in ${path}, ${quoted(reason)}; make room on the disk or check the permissions, then ${RERUN}`,
    ),
  failures: (service: Service, count: number, reason: string) =>
    new StoppedRun(
      `cannot judge with ${service.name}: ${count} images in a row have no answer, the last because ${quoted(reason)}; answers so far are kept; ${RERUN}`,
    ),
};
