import { DAY_MS, makeId } from '#kernel';
import { ALL_ALLOWED, type Person, type Place } from '#posts';
import { CITIES } from './language.ts';
import { LANGUAGES } from './languages/index.ts';
import { createRandom, createWeighted } from './random.ts';
import { createSpeaker, type Speaker, type Style } from './speaker.ts';

/** One person of the cast, as far as writing posts needs them. */
export type Member = {
  id: string;
  username: string;
  speaker: Speaker;
  style: Style;
  followers: number;
  /** Posts of protected persons are not answered, quoted or reposted by others. */
  protected: boolean;
  city: string;
};

export const SPEAKERS: readonly Speaker[] = LANGUAGES.map(createSpeaker);
const pickLanguage = createWeighted(LANGUAGES.map((language) => language.weight));

/** Companies, a club, a newspaper and two offices, all made up. */
const OFFICIAL: readonly [username: string, name: string, type: Person['verifiedType'], bio: string][] = [
  ['arunika', 'Arunika Coffee', 'business', 'Coffee since 2014. Open every day from 7.'],
  ['northbean', 'Northbean', 'business', 'Small roasters from the north. Ask us about beans.'],
  ['kopilintang', 'Kopi Lintang', 'business', 'Kopi untuk semua. Pesan lewat aplikasi.'],
  ['lumen', 'Lumen', 'business', 'Phones that last. Support: @lumen_help'],
  ['halo', 'Halo Mobile', 'business', 'Say halo.'],
  ['zentra', 'Zentra', 'business', 'Made for hands.'],
  ['cityloop', 'CityLoop', 'government', 'Trains and trams, every few minutes. Tell us when they are not.'],
  ['transkota', 'TransKota', 'government', 'Info layanan TransKota, setiap hari pukul 5 sampai 23.'],
  ['harbourrovers', 'Harbour Rovers', 'business', 'The club by the water.'],
  ['garudautara', 'Garuda Utara', 'business', 'Klub dari utara.'],
  ['thedailyquay', 'The Daily Quay', 'business', 'News from the waterfront and elsewhere.'],
  ['weatherdesk', 'Weather Desk', 'government', 'Forecasts and warnings.'],
];
export const OFFICIAL_NAMES = OFFICIAL.map(([username]) => username);

const FIRST_JOINED = Date.UTC(2011, 0, 1);
const LAST_JOINED = Date.UTC(2023, 11, 31);
const FOLLOWERS_MAX = 4_000_000;
/** A fixed number that is not 0, so that person 0 is not the generator's zero state. */
const CAST_SEED = 0x5eed;

/**
 * The person with this number. The cast is one and the same for every seed, so that live posts come from the people
 * of the sample that is there already; seeds decide what they write.
 */
export function castPerson(index: number): { person: Person; member: Member } {
  const random = createRandom(CAST_SEED + index * 7_919);
  const official = OFFICIAL[index];
  const language = official ? (official[3].match(/Kopi|Info|Klub/) ? 1 : 0) : pickLanguage(random);
  const speaker = SPEAKERS[language]!;
  const { given, family, cities } = speaker.language;
  const [givenName, givenLatin = givenName!] = random.pick(given).split('|');
  const [familyName, familyLatin = familyName!] = random.pick(family).split('|');
  const createdAt =
    FIRST_JOINED + Math.floor(random.next() * ((LAST_JOINED - FIRST_JOINED) / DAY_MS)) * DAY_MS;
  const id = makeId(createdAt, index & 0x3fffff);
  const city = random.pick(cities);
  const followers = Math.min(FOLLOWERS_MAX, Math.floor(random.pareto(official ? 20_000 : 18, 0.9)));
  const isProtected = !official && random.chance(0.03);
  const blue = !official && random.chance(followers > 5_000 ? 0.4 : 0.03);
  const person: Person = {
    id,
    username: official?.[0] ?? usernameOf(givenLatin, familyLatin, index),
    name: official?.[1] ?? nameOf(givenName!, familyName!, speaker.language.lang),
    createdAt,
    description: official?.[3] ?? (random.chance(0.85) ? speaker.bio(random) : ''),
    verified: official !== undefined || blue,
    verifiedType: official?.[2] ?? (blue ? 'blue' : 'none'),
    protected: isProtected,
    metrics: {
      followers,
      following: Math.floor(random.pareto(30, 1.1)) % 6_000,
      posts: Math.floor(random.pareto(40, 0.8)) % 200_000,
      listed: Math.floor(followers / 150),
    },
    state: !official && random.chance(0.003) ? 'suspended' : 'active',
    preferences: official
      ? { ...ALL_ALLOWED }
      : {
          search: !random.chance(0.01),
          aiTraining: !random.chance(0.12),
          redistribution: !random.chance(0.06),
        },
  };
  if (random.chance(0.7)) person.location = CITIES[city]!.name;
  if (official || random.chance(0.12)) person.url = `https://${person.username}.example.com`;
  person.profileImageUrl = `https://media.example.com/people/${id}.png`;
  const style: Style = {
    capitals: official !== undefined || random.chance(0.6),
    talkative: random.next() * 0.7,
    tags: random.next() * 0.5,
  };
  return {
    person,
    member: {
      id,
      username: person.username,
      speaker,
      style,
      followers,
      protected: isProtected || person.state !== 'active',
      city,
    },
  };
}

/** Different for each number below 46,656 with the same names, and told apart by more digits beyond. */
function usernameOf(given: string, family: string, index: number): string {
  const latin = (name: string) =>
    name
      .normalize('NFD')
      .replace(/[^A-Za-z]/g, '')
      .toLowerCase();
  const forms = [
    () => `${latin(given)}_${latin(family).slice(0, 5)}`,
    () => `${latin(given)}${latin(family).slice(0, 1)}`,
    () => `${latin(family)}_${latin(given).slice(0, 1)}`,
  ];
  return `${forms[index % 3]!().slice(0, 11)}${index.toString(36)}`;
}

function nameOf(given: string, family: string, lang: string): string {
  return lang === 'ja' ? `${family} ${given}` : `${given} ${family}`;
}

/** The cities as places that posts are tagged with. Their ids have the form of X's. */
export function castPlaces(): Place[] {
  return Object.keys(CITIES).map((key) => {
    const { name, country, countryCode, box } = CITIES[key]!;
    return {
      id: placeId(key),
      fullName: `${name}, ${country}`,
      name,
      country,
      countryCode,
      placeType: 'city',
      geo: { type: 'Feature', bbox: box, properties: {} },
    };
  });
}

const CITY_KEYS = Object.keys(CITIES);
export function placeId(city: string): string {
  return `0c17${CITY_KEYS.indexOf(city).toString(16).padStart(12, '0')}`;
}
