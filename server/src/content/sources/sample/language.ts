/** What the generated people talk about. */
export const TOPICS = [
  'coffee',
  'football',
  'weather',
  'transport',
  'food',
  'phone',
  'work',
  'music',
] as const;
export type Topic = (typeof TOPICS)[number];

/**
 * One language of the generated platform, written for it: sentences with `{slots}` that are filled from `words` of the
 * language or from the names that all share. Slots may hold slots.
 */
export type Language = {
  /** As X writes it: `in` for Indonesian. */
  lang: string;
  /** Share of all posts. */
  weight: number;
  utcOffsetHours: number;
  /** Between sentences: Japanese has no spaces. */
  join: ' ' | '';
  /** Indexes of `CITIES`. */
  cities: readonly string[];
  /** `shown` or `shown|latin`: usernames are in Latin letters. */
  given: readonly string[];
  family: readonly string[];
  bios: readonly string[];
  words: Record<string, readonly string[]>;
  openers: readonly string[];
  closers: readonly string[];
  topics: Record<Topic, { lines: readonly string[]; tags: readonly string[]; alt: readonly string[] }>;
  replies: readonly string[];
  quotes: readonly string[];
  polls: readonly (readonly string[])[];
  /** The news of the day: what people write about it, in answer to it, and above it. */
  event: { lines: readonly string[]; replies: readonly string[]; quotes: readonly string[] };
};

/** Made-up names that occur in every language. No such company, club or ship is meant. */
export const SHARED: Record<string, readonly string[]> = {
  cafe: [
    'Arunika',
    'Northbean',
    'Marlow & Finch',
    'Kopi Lintang',
    'Café Brisa',
    'Tostado 9',
    'Hikari Coffee',
    'Röstwerk Nord',
  ],
  club: [
    'Harbour Rovers',
    'Garuda Utara',
    'Atlético Ribera',
    'SV Eichental',
    'Real Montaña',
    'Minato United',
    'Nile Stars',
    'Porto Verde',
  ],
  brand: ['Lumen', 'Halo', 'Zentra', 'Pixora', 'Tandem'],
  model: ['Lumen 5', 'Halo Mini', 'Zentra X', 'Pixora Note', 'Tandem Fold', 'Lumen Air', 'Halo 12'],
  line: ['CityLoop', 'TransKota', 'Blue Line', 'RiverBus', 'Tram 14', 'Metro 3', 'Linea 7', 'S42'],
  band: [
    'The Paper Lanterns',
    'Senja Biru',
    'Los Faroles',
    'Nachtbus',
    'Maré Alta',
    'Kumo to Taiyō',
    'Moonlit Ferry',
  ],
  score: ['1–0', '2–1', '3–2', '0–0', '2–2', '4–1', '1–1', '3–0'],
  minutes: ['5', '8', '10', '12', '15', '20', '25', '40', '45', '70'],
  degrees: ['3', '7', '12', '18', '24', '29', '31', '33', '35', '38'],
  percent: ['2', '9', '14', '20', '30', '55', '80'],
  number: ['2', '3', '4', '5', '6', '7', '9', '11'],
  clock: ['6:10', '7:15', '7:40', '8:05', '9:30', '12:20', '17:45', '18:30', '21:00', '23:15'],
  happy: ['😀', '🙌', '❤️', '😍', '✨', '🎉', '☕', '🔥', ''],
  sad: ['😩', '😭', '🙄', '😤', '💔', '🥲', ''],
};

/** Where people live and posts are tagged: west, south, east, north in degrees, roughly. */
export type City = {
  name: string;
  country: string;
  countryCode: string;
  box: [number, number, number, number];
};

export const CITIES: Record<string, City> = {
  jakarta: { name: 'Jakarta', country: 'Indonesia', countryCode: 'ID', box: [106.69, -6.37, 106.97, -6.09] },
  bandung: { name: 'Bandung', country: 'Indonesia', countryCode: 'ID', box: [107.54, -6.97, 107.74, -6.84] },
  surabaya: { name: 'Surabaya', country: 'Indonesia', countryCode: 'ID', box: [112.6, -7.36, 112.85, -7.19] },
  yogyakarta: {
    name: 'Yogyakarta',
    country: 'Indonesia',
    countryCode: 'ID',
    box: [110.34, -7.84, 110.41, -7.76],
  },
  solo: { name: 'Surakarta', country: 'Indonesia', countryCode: 'ID', box: [110.77, -7.6, 110.87, -7.53] },
  makassar: {
    name: 'Makassar',
    country: 'Indonesia',
    countryCode: 'ID',
    box: [119.36, -5.22, 119.55, -5.06],
  },
  london: { name: 'London', country: 'United Kingdom', countryCode: 'GB', box: [-0.51, 51.28, 0.33, 51.69] },
  manchester: {
    name: 'Manchester',
    country: 'United Kingdom',
    countryCode: 'GB',
    box: [-2.32, 53.34, -2.15, 53.54],
  },
  chicago: {
    name: 'Chicago',
    country: 'United States',
    countryCode: 'US',
    box: [-87.94, 41.64, -87.52, 42.02],
  },
  austin: { name: 'Austin', country: 'United States', countryCode: 'US', box: [-97.94, 30.1, -97.56, 30.52] },
  sydney: { name: 'Sydney', country: 'Australia', countryCode: 'AU', box: [150.52, -34.12, 151.34, -33.58] },
  lagos: { name: 'Lagos', country: 'Nigeria', countryCode: 'NG', box: [3.1, 6.39, 3.7, 6.7] },
  madrid: { name: 'Madrid', country: 'Spain', countryCode: 'ES', box: [-3.89, 40.31, -3.52, 40.64] },
  bogota: { name: 'Bogotá', country: 'Colombia', countryCode: 'CO', box: [-74.22, 4.46, -74.0, 4.84] },
  mexico: {
    name: 'Ciudad de México',
    country: 'México',
    countryCode: 'MX',
    box: [-99.36, 19.05, -98.94, 19.59],
  },
  saopaulo: {
    name: 'São Paulo',
    country: 'Brasil',
    countryCode: 'BR',
    box: [-46.83, -24.01, -46.37, -23.36],
  },
  recife: { name: 'Recife', country: 'Brasil', countryCode: 'BR', box: [-35.02, -8.16, -34.86, -7.93] },
  lisboa: { name: 'Lisboa', country: 'Portugal', countryCode: 'PT', box: [-9.23, 38.69, -9.09, 38.8] },
  berlin: { name: 'Berlin', country: 'Deutschland', countryCode: 'DE', box: [13.09, 52.34, 13.76, 52.68] },
  hamburg: { name: 'Hamburg', country: 'Deutschland', countryCode: 'DE', box: [9.73, 53.4, 10.33, 53.74] },
  tokyo: { name: '東京', country: '日本', countryCode: 'JP', box: [139.56, 35.52, 139.92, 35.82] },
  osaka: { name: '大阪', country: '日本', countryCode: 'JP', box: [135.37, 34.59, 135.6, 34.77] },
  delhi: { name: 'दिल्ली', country: 'भारत', countryCode: 'IN', box: [76.84, 28.4, 77.35, 28.88] },
  mumbai: { name: 'मुंबई', country: 'भारत', countryCode: 'IN', box: [72.78, 18.89, 72.98, 19.27] },
  cairo: { name: 'القاهرة', country: 'مصر', countryCode: 'EG', box: [31.22, 29.95, 31.49, 30.17] },
  amman: { name: 'عمّان', country: 'الأردن', countryCode: 'JO', box: [35.81, 31.85, 36.04, 32.05] },
};

/** The news event: a ferry runs aground, everybody is brought ashore. */
export const EVENT = {
  tag: 'SinarLaut',
  city: 'makassar',
  ship: 'KM Sinar Laut',
  place: 'Tanjung Kelapa',
  eyewitness:
    'KM Sinar Laut kandas di depan Tanjung Kelapa. Perahu nelayan sudah berangkat menjemput penumpang, saya lihat dari dermaga.',
  alt: 'Kapal feri putih miring di atas karang, beberapa perahu kecil mendekat.',
} as const;
