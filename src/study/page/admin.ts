/// <reference lib="dom" />
import type { StudyStatus } from "../protocol.js";

/** Milliseconds between two readings of the counts. */
const EVERY = 2_000;

/** The admin's token is behind "#" of the address, which browsers never send to a server. */
const headers = { Authorization: `Bearer ${location.hash.slice(1)}` };

const element = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
const show = (id: string, text: string): void => {
  element(id).textContent = text;
};

/** A request with the token. @throws Error with a sentence for the page. */
async function request(address: string): Promise<Response> {
  const response = await fetch(address, { headers }).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  if (response.status === 401) throw new Error("The token in the address is not that of the admin.");
  if (!response.ok) throw new Error(`The server refused the request (${response.status}).`);
  return response;
}

/** Reads the counts and shows them. */
async function refresh(): Promise<void> {
  try {
    const status = (await (await request("/api/admin/status")).json()) as StudyStatus;
    const { title, simulated, joined, completed, free, answers, last_answer: last } = status;
    document.title = `${title}: admin`;
    show("title", title);
    element("simulated").hidden = !simulated;
    for (const [id, count] of Object.entries({ joined, completed, free, answers })) show(id, String(count));
    show("last", last === null ? "none" : new Date(last).toLocaleString());
    const progress = element("progress") as HTMLProgressElement;
    progress.max = Math.max(1, joined + free);
    progress.value = completed;
    show("message", "");
  } catch (error) {
    show("message", (error as Error).message);
  }
}

/** Downloads the answers. A link cannot send the token, so the file is fetched first. */
async function download(): Promise<void> {
  try {
    const file = URL.createObjectURL(await (await request("/api/admin/answers.csv")).blob());
    const link = document.createElement("a");
    link.href = file;
    link.download = "answers.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(file), EVERY);
  } catch (error) {
    show("message", (error as Error).message);
  }
}

element("export").addEventListener("click", () => void download());
void refresh();
setInterval(() => void refresh(), EVERY);
