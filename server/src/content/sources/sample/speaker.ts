import { type Language, SHARED, TOPICS, type Topic } from './language.ts';
import type { SampleRandom } from './random.ts';

/** A sentence cut at its slots: literal, slot, literal, … */
type Template = { literals: string[]; slots: (readonly string[])[] };

/** How one person writes; it stays with them. */
export type Style = { capitals: boolean; talkative: number; tags: number };

/** Makes up texts in one language. */
export type Speaker = {
  language: Language;
  line(topic: Topic, style: Style, random: SampleRandom): string;
  reply(style: Style, random: SampleRandom, ofEvent: boolean): string;
  quote(style: Style, random: SampleRandom, ofEvent: boolean): string;
  eventLine(random: SampleRandom): string;
  bio(random: SampleRandom): string;
  alt(topic: Topic, random: SampleRandom): string;
  closer(random: SampleRandom): string;
  tags(topic: Topic, random: SampleRandom): string;
  topic(random: SampleRandom): Topic;
};

const SECOND_LINE = 0.15;

export function createSpeaker(language: Language): Speaker {
  const compiled = new Map<string, Template>();
  const compile = (text: string): Template => {
    const known = compiled.get(text);
    if (known) return known;
    const parts = text.split(/\{(\w+)\}/);
    const template: Template = { literals: [], slots: [] };
    parts.forEach((part, index) => {
      if (index % 2 === 0) template.literals.push(part);
      else {
        const words = language.words[part] ?? SHARED[part];
        if (!words) throw new Error(`${language.lang}: no words for {${part}} in ${text}`);
        template.slots.push(words);
      }
    });
    compiled.set(text, template);
    return template;
  };
  const fill = (text: string, random: SampleRandom): string => {
    const { literals, slots } = compile(text);
    let result = literals[0]!;
    for (let slot = 0; slot < slots.length; slot++) {
      const word = random.pick(slots[slot]!);
      result += (word.includes('{') ? fill(word, random) : word) + literals[slot + 1]!;
    }
    return result;
  };
  /** Sentences in a row, as this person writes them: after a comma nobody begins with a capital. */
  const say = (style: Style, parts: string[]) => {
    let text = '';
    for (const part of parts) {
      if (part === '') continue;
      const capital = style.capitals && !/[,،、]$/.test(text);
      text += (text && language.join) + (capital ? part.charAt(0).toLocaleUpperCase() + part.slice(1) : part);
    }
    return text;
  };
  const pick = (list: readonly string[], random: SampleRandom) => fill(random.pick(list), random);
  return {
    language,
    line(topic, style, random) {
      const { lines } = language.topics[topic];
      const first = random.int(lines.length);
      const another = (first + 1 + random.int(lines.length - 1)) % lines.length;
      return say(style, [
        random.chance(style.talkative * 0.5) ? pick(language.openers, random) : '',
        fill(lines[first]!, random),
        random.chance(SECOND_LINE) ? fill(lines[another]!, random) : '',
        random.chance(style.talkative) ? pick(language.closers, random) : '',
      ]);
    },
    reply: (style, random, ofEvent) =>
      say(style, [
        pick(ofEvent ? language.event.replies : language.replies, random),
        random.chance(0.3)
          ? pick(ofEvent ? language.event.lines : language.topics[random.pick(TOPICS)].lines, random)
          : '',
        random.chance(style.talkative * 0.5) ? pick(language.closers, random) : '',
      ]),
    quote: (style, random, ofEvent) =>
      say(style, [
        random.chance(style.talkative * 0.5) ? pick(language.openers, random) : '',
        pick(ofEvent ? language.event.quotes : language.quotes, random),
        random.chance(0.6)
          ? pick(ofEvent ? language.event.lines : language.topics[random.pick(TOPICS)].lines, random)
          : '',
      ]),
    eventLine: (random) => pick(language.event.lines, random),
    bio: (random) => pick(language.bios, random),
    alt: (topic, random) => random.pick(language.topics[topic].alt),
    closer: (random) => pick(language.closers, random),
    tags(topic, random) {
      const { tags } = language.topics[topic];
      const first = random.int(tags.length);
      return random.chance(0.3) && tags.length > 1
        ? `#${tags[first]} #${tags[(first + 1) % tags.length]}`
        : `#${tags[first]}`;
    },
    topic: (random) => random.pick(TOPICS),
  };
}
