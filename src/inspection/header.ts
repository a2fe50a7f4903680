import { messageOf, UserError } from "../errors.js";
import { messageTypes } from "../onnx/protobuf.js";

/** The properties of an ONNX file other than its graph. */
export interface Header {
  /** Size of the file in bytes, without external data. */
  readonly bytes: number;
  /** Opset of the file by domain; "" is standard ONNX. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Program and version that wrote the file; null if the file does not state them. */
  readonly producer: string | null;
}

/** The fields of ModelProto without the graph, which the decoder skips. */
const { Header: HeaderMessage } = messageTypes({
  OpsetId: { fields: { domain: { type: "string", id: 1 }, version: { type: "int64", id: 2 } } },
  Header: {
    fields: {
      producerName: { type: "string", id: 2 },
      producerVersion: { type: "string", id: 3 },
      opsetImport: { rule: "repeated", type: "OpsetId", id: 8 },
    },
  },
});

interface HeaderShape {
  producerName?: string;
  producerVersion?: string;
  opsetImport: { domain?: string; version?: number | { toString(): string } }[];
}

/** The header of a file's content. @param path for the message. @throws UserError when it is truncated. */
export function headerOf(content: Uint8Array, path: string): Header {
  try {
    const message = HeaderMessage.decode(content) as unknown as HeaderShape;
    const opsets = message.opsetImport.map(({ domain, version }) => [domain ?? "", Number(version ?? 0)]);
    const producer = [message.producerName, message.producerVersion].filter(Boolean).join(" ");
    return { bytes: content.length, opsets: Object.fromEntries(opsets), producer: producer || null };
  } catch (error) {
    throw new UserError(`cannot read the model ${path}: ${messageOf(error)}`);
  }
}
