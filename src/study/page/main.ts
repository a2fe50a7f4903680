/// <reference lib="dom" />
import { initJsPsych, type JsPsych } from "jspsych";
import type { Session, StudyInfo } from "../protocol.js";
import { Refusal, StudyClient } from "./client.js";
import { Device } from "./device.js";
import { FinishScreen } from "./finish-screen.js";
import { Images } from "./images.js";
import { InstructionsScreen } from "./instructions-screen.js";
import { JoinScreen } from "./join-screen.js";
import { LabelsTrial } from "./labels-trial.js";
import { NamingTrial } from "./naming-trial.js";
import { Participation } from "./participation.js";
import { QualityTrial } from "./quality-trial.js";
import { followInput } from "./response.js";
import { Shell } from "./shell.js";
import { strings } from "./strings.js";

type Timeline = Extract<Parameters<JsPsych["run"]>[0], unknown[]>;

const plugins = { labels: LabelsTrial, quality: QualityTrial, naming: NamingTrial };

const shell = new Shell();
const client = new StudyClient(shell);
const images = new Images(shell);

followInput();
client.info().then(run).catch(end);

/** The whole visit: joining, instructions, trials, and the last screen. */
async function run(study: StudyInfo): Promise<void> {
  shell.present(study);
  const device = new Device(study.id);
  const session = await resumed(device);
  if (!session && !study.open) throw new Refusal(409, strings.ended.full);
  const psych = initJsPsych({ display_element: shell.main, on_trial_start: () => unfocusable(shell.main) });
  // jsPsych adds the screens of a participation to the running timeline.
  const timeline: Timeline = session ? await screens(session, study, device) : [];
  if (!session) {
    const join = async (code: string | undefined) => {
      const joined = await client.join({ consent: true, key: device.key, ...(code !== undefined && { code }) });
      device.token = joined.token;
      timeline.push(...(await screens(joined, study, device)));
    };
    timeline.push({ type: JoinScreen, study: () => study, join });
  }
  await psych.run(timeline);
}

/** The session of this device, if there is one that the server knows. */
async function resumed(device: Device): Promise<Session | undefined> {
  const { token } = device;
  if (!token) return undefined;
  try {
    return await client.session(token);
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 401)) throw error;
    device.forget();
    return undefined;
  }
}

/** The screens of jsPsych's timeline after a participant has joined. */
async function screens(session: Session, study: StudyInfo, device: Device): Promise<Timeline> {
  const participation = new Participation(session, client, device, images, shell);
  await participation.sendUnsent();
  if (!device.persistent) warnOfLoss(participation);
  const trials = participation.trials;
  const state = () => ({
    ...{ kind: study.kind, answered: participation.answered, trials: trials.length },
    persistent: device.persistent,
  });
  const another = () => {
    device.forget();
    location.reload();
  };
  return [
    {
      timeline: [{ type: InstructionsScreen, state }],
      conditional_function: () => trials.some((trial) => participation.isOpen(trial)),
    },
    ...trials.map((trial) => ({
      timeline: [
        {
          type: plugins[trial.kind],
          trial,
          load: (name: string) => images.load(name),
          store: participation.store.bind(participation),
        },
      ],
      conditional_function: () => participation.isOpen(trial),
      on_timeline_start: () => participation.begin(trial),
    })),
    {
      type: FinishScreen,
      on_start: () => shell.withoutProgress(),
      finish: () => participation.finish(),
      another: () => (study.needs_code ? another : undefined),
    },
  ];
}

/** Has the browser ask before the page is left, where that would end the participation. */
function warnOfLoss(participation: Participation): void {
  window.addEventListener("beforeunload", (event) => {
    if (participation.answered < participation.trials.length) event.preventDefault();
  });
}

/** jsPsych makes its container a stop of the Tab key; only headings and controls are to be. */
function unfocusable(container: HTMLElement): void {
  container.tabIndex = -1;
}

/** The last screen of a visit that cannot continue. */
function end(error: unknown): void {
  const { notFound, unknownDevice, full, closed, unexpected } = strings.ended;
  const known: Readonly<Record<number, string>> = { 401: unknownDevice, 404: notFound, 409: full, 410: closed };
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof Refusal ? error.status : 0;
  shell.end(known[status] ?? unexpected(message), status === 401 || !(status in known));
}
