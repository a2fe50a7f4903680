import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** What a server's pages need beyond scripts, styles, images and requests of its own origin. */
export interface PagePolicy {
  /** Whether they compile WebAssembly, run workers, and show images that they made themselves. */
  readonly wasm?: boolean;
  /** Whether they are isolated from other origins, as threads of WebAssembly need it. */
  readonly isolated?: boolean;
}

const OWN = ["'self'"];
const NONE = ["'none'"];

/** The content security policy: own origin alone, nothing inline, no `eval`. */
const directives = (wasm: boolean) => ({
  "default-src": NONE,
  "script-src": wasm ? [...OWN, "'wasm-unsafe-eval'"] : OWN,
  "style-src": OWN,
  "img-src": wasm ? [...OWN, "blob:", "data:"] : OWN,
  "connect-src": OWN,
  ...(wasm && { "worker-src": OWN, "manifest-src": OWN }),
  "base-uri": NONE,
  "form-action": NONE,
  "frame-ancestors": NONE,
});

/** Adds the security headers to every response. A proxy that ends TLS adds Strict-Transport-Security. */
export async function addSecurityHeaders(
  app: FastifyInstance,
  { wasm = false, isolated = false }: PagePolicy = {},
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: directives(wasm) },
    crossOriginEmbedderPolicy: isolated,
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: false,
    xFrameOptions: { action: "deny" },
  });
}
