/// <reference lib="dom" />
import { initJsPsych } from "jspsych";

const psych = initJsPsych({ display_element: document.body });
void psych.run([]);
