import { z } from "zod";
import { listOf, path } from "../settings.js";
import { defineCommand } from "./command.js";
import { NamedFile } from "./named-file.js";
import { hostSetting, portSetting } from "./server-settings.js";

export const playground = defineCommand({
  name: "playground",
  settings: z.object({
    port: portSetting(8420),
    host: hostSetting,
    processor: listOf(NamedFile)
      .default([])
      .describe("a processor of your own (ONNX); may be repeated (default name: that of the file or its run)")
      .meta({ placeholder: "name=file" }),
    recognizer: listOf(NamedFile)
      .default([])
      .describe("a recognizer of your own (ONNX), such as a classifier of ImageNet; may be repeated")
      .meta({ placeholder: "name=file" }),
    out: path("write the page and its files to this new folder, for any host of static files, and serve nothing", {
      placeholder: "folder",
    }).optional(),
  }),
  notes: `Open the printed address in a browser. The page enhances an image with the packaged models, shows what recognizers see in the results,
and fine-tunes a processor with a recognizer of your own. Everything runs in the browser: images and models stay on this machine.
The packaged recognizers know the classes of the synthetic samples only; name recognizers of your own for photographs.
Other machines reach the page with --host, but threads of WebAssembly and the offline page need https there.
Ctrl-C stops the server.`,
  examples: [
    "legible playground",
    "legible playground --recognizer squeezenet1_1.onnx --processor mine=runs/ra/model.onnx",
    "legible playground --out public/playground",
  ],
  async run({ port, host, processor, recognizer, out }, { report, print, signal }) {
    const { playgroundSite } = await import("../playground/site.js");
    const site = await playgroundSite({ processors: processor, recognizers: recognizer });
    if (out !== undefined) {
      const { writeStaticSite } = await import("../playground/static-site.js");
      await writeStaticSite(site, out);
      print(out);
      return "done";
    }
    const { playgroundServer } = await import("../playground/server.js");
    const { isLoopback } = await import("../serving/own-origin.js");
    const { aborted, listen, stopServer } = await import("../serving/listen.js");
    const onFailure = (message: string) => report.info(`a request failed: ${message}`);
    const app = await playgroundServer({ site, loopback: isLoopback(host), onFailure });
    const address = await listen(app, { host, port });
    print(`playground: ${address}/`);
    await aborted(signal);
    await stopServer(app);
    return "done";
  },
});
