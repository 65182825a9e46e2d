import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** What the next INSERT or UPDATE meets: see `S3Trouble`; a text is the SQLSTATE of an error that it gets. */
export type PostgresTrouble = 'lost reply' | 'late' | 'silence' | '40001' | '57P01' | '53300';

export type FakePostgres = {
  /** Without the password. */
  url: string;
  password: string;
  troubles: PostgresTrouble[];
  deliver(): void;
  /** INSERTs and UPDATEs so far. */
  writes(): number;
  /** Connections that are open. */
  connections(): number;
  remove(): void;
  /** Closes every connection, as a server that restarts. */
  hangUp(): void;
  close(): void;
};

type Row = { version: number; record: string };
type Result = { columns?: string[]; rows?: (string | null)[][]; tag: string } | { error: string };

/** Types of text and bigint, by which a client decodes. */
const OID_TEXT = 25;
/** SSLRequest and GSSENCRequest: answered with "no". */
const REQUEST_CODES = [80_877_103, 80_877_104];
const PROTOCOL_3 = 196_608;

/**
 * One database with one table, from the description of the protocol
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html): log-in by a password, simple and extended queries.
 */
export async function fakePostgres(t: Pick<TestContext, 'after'>): Promise<FakePostgres> {
  const password = 'correct horse battery staple';
  const troubles: PostgresTrouble[] = [];
  const late: (() => void)[] = [];
  const sockets = new Set<Socket>();
  let table: Map<string, Row> | undefined;
  let writes = 0;

  const run = (sql: string, values: (string | null)[]): Result => {
    const [folder, record, version] = values.map((value) => value ?? '');
    if (sql.startsWith('CREATE TABLE')) {
      table ??= new Map();
      return { tag: 'CREATE TABLE' };
    }
    if (table === undefined) return { error: '42P01' };
    const row = table.get(folder!);
    if (sql.startsWith('SELECT')) {
      const rows = row ? [[String(row.version), row.record]] : [];
      return { columns: ['version', 'record'], rows, tag: `SELECT ${rows.length}` };
    }
    if (sql.startsWith('INSERT')) {
      if (row === undefined) table.set(folder!, { version: 1, record: record! });
      return { tag: `INSERT 0 ${row === undefined ? 1 : 0}` };
    }
    if (!sql.startsWith('UPDATE')) return { error: '42601' };
    const isThere = row?.version === Number(version);
    if (isThere) table.set(folder!, { version: row!.version + 1, record: record! });
    return { tag: `UPDATE ${isThere ? 1 : 0}` };
  };

  /** What the server sends for a statement; undefined for nothing. */
  const answer = (sql: string, values: (string | null)[], socket: Socket): Result | undefined => {
    if (!/^(INSERT|UPDATE)/.test(sql)) return run(sql, values);
    writes += 1;
    const trouble = table === undefined ? undefined : troubles.shift();
    if (trouble === undefined) return run(sql, values);
    if (trouble === 'late') late.push(() => void run(sql, values));
    else if (trouble === 'lost reply') run(sql, values);
    else if (trouble !== 'silence') return { error: trouble };
    if (trouble !== 'silence') socket.destroy();
    return undefined;
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    converse(socket, password, (sql, values) => answer(sql, values, socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = () => {
    hangUp();
    server.close();
  };
  t.after(close);
  return {
    url: `postgres://guard@127.0.0.1:${(server.address() as AddressInfo).port}/parley`,
    password,
    troubles,
    deliver: () => late.splice(0).forEach((write) => void write()),
    writes: () => writes,
    connections: () => sockets.size,
    remove: () => table?.clear(),
    hangUp,
    close,
  };
}

const int16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number) =>
  Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
const text = (value: string) => Buffer.from(`${value}\0`);
const message = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};

/** One connection: messages in, messages out. */
function converse(
  socket: Socket,
  password: string,
  answer: (sql: string, values: (string | null)[]) => Result | undefined,
): void {
  let waiting: Buffer = Buffer.alloc(0);
  let isStarted = false;
  let sql = '';
  let values: (string | null)[] = [];
  let result: Result | undefined;
  const ready = message('Z', Buffer.from('I'));
  const send = (...parts: Buffer[]) => socket.write(Buffer.concat(parts));

  /** @returns the bytes of a first message that was taken; 0 if it is not whole. */
  const takeStart = (): number => {
    if (waiting.length < 8 || waiting.length < waiting.readInt32BE(0)) return 0;
    const [length, code] = [waiting.readInt32BE(0), waiting.readInt32BE(4)];
    if (REQUEST_CODES.includes(code)) send(Buffer.from('N'));
    else if (code === PROTOCOL_3) {
      isStarted = true;
      send(message('R', int32(3)));
    } else socket.destroy();
    return length;
  };

  const take = (type: string, body: Buffer): void => {
    if (type === 'p') {
      if (body.equals(text(password))) send(message('R', int32(0)), ready);
      else socket.end(failure('28P01', 'password authentication failed for user "guard"'));
    } else if (type === 'P') {
      sql = body.toString('utf8', body.indexOf(0) + 1).split('\0')[0]!;
      send(message('1'));
    } else if (type === 'B') {
      values = parametersOf(body);
      send(message('2'));
    } else if (type === 'D') {
      result = answer(sql, values);
      if (result !== undefined) send(descriptionOf(result));
    } else if (type === 'E' && result !== undefined) send(rowsOf(result));
    else if (type === 'S' && result !== undefined) send(ready);
    else if (type === 'Q') {
      result = answer(body.toString('utf8').replace(/\0$/, ''), []);
      if (result !== undefined) send(rowsOf(result), ready);
    } else if (type === 'X') socket.end();
  };

  socket.on('data', (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes]);
    for (;;) {
      if (!isStarted) {
        const taken = takeStart();
        if (taken === 0) return;
        waiting = waiting.subarray(taken);
        continue;
      }
      if (waiting.length < 5 || waiting.length < 1 + waiting.readInt32BE(1)) return;
      const end = 1 + waiting.readInt32BE(1);
      const [type, body] = [waiting.toString('latin1', 0, 1), waiting.subarray(5, end)];
      waiting = waiting.subarray(end);
      take(type, body);
    }
  });
}

const failure = (code: string, what: string) =>
  message(
    'E',
    Buffer.from('S'),
    text('ERROR'),
    Buffer.from('C'),
    text(code),
    Buffer.from('M'),
    text(what),
    Buffer.alloc(1),
  );

/** Bind: portal, statement, formats, then each value with its length, −1 for null. */
function parametersOf(body: Buffer): (string | null)[] {
  let at = body.indexOf(0) + 1;
  at = body.indexOf(0, at) + 1;
  at += 2 + 2 * body.readInt16BE(at);
  const count = body.readInt16BE(at);
  at += 2;
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(at);
    at += 4 + Math.max(0, length);
    return length < 0 ? null : body.toString('utf8', at - length, at);
  });
}

function descriptionOf(result: Result): Buffer {
  if ('error' in result || result.columns === undefined) return message('n');
  const fields = result.columns.map((name) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(OID_TEXT), int16(-1), int32(-1), int16(0)]),
  );
  return message('T', int16(fields.length), ...fields);
}

function rowsOf(result: Result): Buffer {
  if ('error' in result) return failure(result.error, `injected ${result.error}`);
  const rows = (result.rows ?? []).map((row) =>
    message(
      'D',
      int16(row.length),
      ...row.map((value) =>
        value === null ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
      ),
    ),
  );
  return Buffer.concat([...rows, message('C', text(result.tag))]);
}
