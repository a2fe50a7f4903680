import protobuf from "protobufjs/minimal.js";

/*
 * Protocol Buffers (https://protobuf.dev/programming-guides/encoding/) by interpretation of a schema. protobufjs would compile
 * code from the schema, which pages with a Content-Security-Policy forbid; its reader and writer are used here.
 */

/** A field of a message: a scalar type, or the name of a message. */
export interface FieldSchema {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
  readonly options?: { readonly packed: boolean };
}

/** The fields of a message by name. */
export interface MessageSchema {
  readonly fields: Readonly<Record<string, FieldSchema>>;
}

const WIRE_TYPES = { int32: 0, int64: 0, uint64: 0, double: 1, string: 2, bytes: 2, float: 5 } as const;
type Scalar = keyof typeof WIRE_TYPES;
type Packable = Exclude<Scalar, "string" | "bytes">;

/** The wire type of whatever has a length: texts, bytes, messages and packed lists. */
const DELIMITED = 2;

const isScalar = (type: string): type is Scalar => type in WIRE_TYPES;
const isPackable = (type: string): type is Packable => isScalar(type) && WIRE_TYPES[type] !== DELIMITED;

/** The value of a scalar that a message does not hold. */
const defaults: Readonly<Record<Scalar, unknown>> = {
  ...{ int32: 0, int64: 0, uint64: 0, double: 0, float: 0, string: "" },
  bytes: Object.freeze([]),
};

/** Whether a scalar has the value of a field that a message does not hold; such fields are not written (proto3). */
function isDefault(type: Scalar, value: unknown): boolean {
  if (type === "string" || type === "bytes") return (value as ArrayLike<unknown>).length === 0;
  if (typeof value === "number") return Object.is(value, 0) || (value === 0 && WIRE_TYPES[type] === 0);
  return Number(String(value)) === 0;
}

type Message = Record<string, unknown>;

interface Field extends FieldSchema {
  readonly name: string;
  readonly repeated: boolean;
}

/** Reads and writes messages of one type. */
export class MessageType {
  private readonly fields: readonly Field[];
  private readonly byId: ReadonlyMap<number, Field>;
  /** What messages inherit: fields that they do not hold. */
  private readonly missing: Message;

  /** @param types the types of the schema by name. */
  constructor(
    { fields }: MessageSchema,
    private readonly types: Readonly<Record<string, MessageType>>,
  ) {
    const all = Object.entries(fields).map(([name, field]) => ({
      name,
      ...field,
      repeated: field.rule === "repeated",
    }));
    this.fields = all.sort((a, b) => a.id - b.id);
    this.byId = new Map(all.map((field) => [field.id, field]));
    const single = all.filter(({ repeated }) => !repeated);
    this.missing = Object.fromEntries(single.map(({ name, type }) => [name, isScalar(type) ? defaults[type] : null]));
  }

  /** The message in bytes. Fields that the schema does not have are skipped. @throws Error when they are not complete. */
  decode(bytes: Uint8Array): object {
    const reader = protobuf.Reader.create(bytes);
    return this.read(reader, reader.len, 0);
  }

  /** The writer of a message, whose `finish()` gives its bytes. */
  encode(message: object): protobuf.Writer {
    const writer = protobuf.Writer.create();
    this.write(message as Message, writer);
    return writer;
  }

  private read(reader: protobuf.Reader, end: number, depth: number, merged?: Message): Message {
    if (depth > protobuf.util.recursionLimit) throw new Error("the message is nested too deeply");
    const message = merged ?? this.empty();
    while (reader.pos < end) {
      const tag = reader.tag();
      const field = this.byId.get(tag >>> 3);
      if (!field || !this.readField(reader, field, tag & 7, message, depth)) reader.skipType(tag & 7, depth, tag >>> 3);
    }
    if (reader.pos !== end) throw new RangeError("a message ends inside a field");
    return message;
  }

  private empty(): Message {
    const message = Object.create(this.missing) as Message;
    for (const { name, repeated } of this.fields) if (repeated) message[name] = [];
    return message;
  }

  /** @returns whether the field has that wire type. */
  private readField(reader: protobuf.Reader, field: Field, wire: number, message: Message, depth: number): boolean {
    const { name, type, repeated } = field;
    const list = message[name] as unknown[];
    if (repeated && wire === DELIMITED && isPackable(type)) {
      const end = endOf(reader);
      while (reader.pos < end) list.push(reader[type]());
      if (reader.pos !== end) throw new RangeError("a list ends inside a number");
      return true;
    }
    if (wire !== (isScalar(type) ? WIRE_TYPES[type] : DELIMITED)) return false;
    const value = isScalar(type)
      ? reader[type]()
      : this.typeOf(type).read(reader, endOf(reader), depth + 1, repeated ? undefined : (message[name] as Message));
    if (repeated) list.push(value);
    else if (isScalar(type) && isDefault(type, value)) delete message[name];
    else message[name] = value;
    return true;
  }

  private write(message: Message, writer: protobuf.Writer): void {
    for (const { name, type, id, repeated, options } of this.fields) {
      const value = Object.hasOwn(message, name) ? message[name] : undefined;
      if (value === undefined || value === null || (!repeated && isScalar(type) && isDefault(type, value))) continue;
      const values = (repeated ? value : [value]) as unknown[];
      if (values.length === 0) continue;
      if (options?.packed && isPackable(type)) {
        writer.uint32((id << 3) | DELIMITED).fork();
        for (const each of values) writer[type](each as number);
        writer.ldelim();
      } else for (const each of values) this.writeOne(each, type, id, writer);
    }
  }

  private writeOne(value: unknown, type: string, id: number, writer: protobuf.Writer): void {
    if (isScalar(type)) {
      writer.uint32((id << 3) | WIRE_TYPES[type]);
      writer[type](value as never);
      return;
    }
    writer.uint32((id << 3) | DELIMITED).fork();
    this.typeOf(type).write(value as Message, writer);
    writer.ldelim();
  }

  private typeOf(name: string): MessageType {
    return this.types[name] as MessageType;
  }
}

/** Reads a length. @returns the position at which the field ends. */
function endOf(reader: protobuf.Reader): number {
  const end = reader.size() + reader.pos;
  if (end > reader.len) throw new RangeError("a field is longer than the message");
  return end;
}

/** The types of the messages of a schema, by name. */
export function messageTypes<Name extends string>(
  schema: Readonly<Record<Name, MessageSchema>>,
): Record<Name, MessageType> {
  const types: Record<string, MessageType> = {};
  for (const [name, message] of Object.entries<MessageSchema>(schema)) types[name] = new MessageType(message, types);
  return types as Record<Name, MessageType>;
}
