type Line = { level: string; time: string; message: string; error?: Told; [field: string]: unknown };
type Told = { type?: string; message: string; code?: string; stack?: string; cause?: Told };

/** Letters that would let a text end its line, colour the terminal or turn its reading direction. */
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const PLAIN_VALUE = /^[^\s"=]+$/;

/** One log line for a person: `2026-11-29T16:49:15.123Z info  listening address=http://…`, a stack below it, indented. */
export function textLine({ level, time, message, error, ...fields }: Line): string {
  const head = `${time} ${level.padEnd(5)} ${shown(message)}`;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${displayed(value)}`);
  const told = error ? `: ${summary(error)}` : '';
  return `${head}${pairs.join('')}${told}\n${error ? stacks(error) : ''}`;
}

function shown(text: string): string {
  return text.replace(UNPRINTABLE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function displayed(value: unknown): string {
  const text = String(value);
  return PLAIN_VALUE.test(text) ? shown(text) : shown(JSON.stringify(text));
}

function summary({ type, message, code }: Told): string {
  const text = `${type ? `${type}: ` : ''}${message}`;
  return shown(code && !text.includes(code) ? `${text} (${code})` : text);
}

function stacks({ stack, cause }: Told): string {
  const lines = (stack ?? '').split('\n').filter((line) => line.trim() !== '');
  const own = lines.map((line) => `    ${shown(line.trim())}\n`).join('');
  return cause ? `${own}    caused by ${summary(cause)}\n${stacks(cause)}` : own;
}
