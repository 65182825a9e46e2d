/** Where a guard keeps its record: a folder as it was given, or a service with all that is needed to find it again. */
export type GuardPlace =
  | { kind: 'folder'; path: string }
  | { kind: 's3'; bucket: string; prefix: string; endpoint: string; region: string; text: string }
  | { kind: 'postgres'; url: string; text: string };

export type GuardEnvironment = Record<string, string | undefined>;

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Characters that need no encoding anywhere; no empty segment, `.` or `..`, which addresses do not keep. */
const PREFIX = /^(?!.*(^|\/)\.{0,2}(\/|$))[A-Za-z0-9._=/-]{1,200}$/;
const REGION = /^[a-z0-9-]{1,40}$/;
/** What a Postgres address may say besides; everything else, a password above all, is refused. */
const POSTGRES_PARAMETERS = new Set(['host', 'port', 'user', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']);

/**
 * Reads `--guard`: a folder's path, `s3://bucket/prefix[?endpoint=…&region=…]` or `postgres://…`. Reads nothing else but
 * `env`: endpoint and region of S3 where the address does not name them.
 * @returns `text` finds the same place again and holds no password
 * @throws Error whose message goes on after the setting's name, without the value: it may hold a password
 */
export function guardPlace(given: string, env: GuardEnvironment): GuardPlace {
  const scheme = /^([a-z0-9+.-]{2,}):\/\//i.exec(given)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: 'folder', path: given };
  const url = URL.parse(given);
  if (url !== null && scheme === 's3') return s3Place(url, env);
  if (url !== null && (scheme === 'postgres' || scheme === 'postgresql')) return postgresPlace(url);
  throw new Error(
    'takes a folder on another disk, s3://bucket/prefix, postgres://user@host/database, or none; ' +
      `this ${scheme}: address is none of them.`,
  );
}

function s3Place(url: URL, env: GuardEnvironment): GuardPlace {
  const form =
    'takes s3://bucket/prefix, and after it ?endpoint=https://…&region=… if the environment does not say them';
  const prefix = url.pathname.replace(/^\/|\/$/g, '');
  const bucket = url.hostname;
  if (url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '') {
    throw new Error(`${form}; credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`);
  }
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'endpoint' && name !== 'region');
  if (unknown !== undefined) throw new Error(`${form}; not the parameter "${unknown}".`);
  if (!BUCKET.test(bucket)) throw new Error(`${form}; "${bucket}" is no bucket's name.`);
  if (prefix !== '' && !PREFIX.test(prefix)) {
    throw new Error(`${form}; a prefix has letters, digits and . _ = / - alone, not "${prefix}".`);
  }
  const given = url.searchParams.get('endpoint') || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL;
  const region =
    url.searchParams.get('region') || env.AWS_REGION || env.AWS_DEFAULT_REGION || (given && 'us-east-1');
  if (!region || !REGION.test(region))
    throw new Error('needs the region of the S3 bucket: set AWS_REGION, or write ?region=… after it.');
  const endpoint = endpointOf(given || `https://s3.${region}.amazonaws.com`);
  const text = `s3://${bucket}${prefix && `/${prefix}`}?endpoint=${encodeURIComponent(endpoint)}&region=${region}`;
  return { kind: 's3', bucket, prefix, endpoint, region, text };
}

function endpointOf(given: string): string {
  const url = URL.parse(given);
  if (!url || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) {
    throw new Error('needs an S3 endpoint with scheme and host alone, like https://s3.example.com:9000.');
  }
  return url.origin;
}

function postgresPlace(url: URL): GuardPlace {
  const form = 'takes postgres://user@host:5432/database, or postgres:///database?host=/run/postgresql';
  const unknown = [...url.searchParams.keys()].find((name) => !POSTGRES_PARAMETERS.has(name));
  if (unknown !== undefined) {
    const known = [...POSTGRES_PARAMETERS].join(', ');
    throw new Error(
      `${form}; of parameters ${known}, and none else. A password comes from PGPASSWORD or PGPASSFILE.`,
    );
  }
  if (url.hostname === '' && !url.searchParams.get('host')) throw new Error(`${form}: the host is missing.`);
  if (!/^\/[^/]+$/.test(url.pathname)) throw new Error(`${form}: the database is missing.`);
  if (url.hash !== '') throw new Error(`${form}: # in a user's name or password is written %23.`);
  const shown = new URL(url);
  if (shown.hostname !== '') shown.password = '';
  return { kind: 'postgres', url: url.href, text: shown.href };
}
