/// <reference lib="dom" />
import { render } from "preact";
import type { ReportDocument } from "../document.js";
import { Report } from "./report.js";

const place = document.getElementById("report") as HTMLElement;
const data = document.getElementById("report-data")?.textContent ?? "";
place.replaceChildren();
render(<Report document={JSON.parse(data) as ReportDocument} />, place);
