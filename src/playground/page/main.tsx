/// <reference lib="dom" />
import { render } from "preact";
import { App } from "./app.js";
import { start } from "./boot.js";

const place = document.getElementById("playground") as HTMLElement;
place.replaceChildren();
render(<App />, place);
start();
