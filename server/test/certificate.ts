import { generate } from 'selfsigned';

/** A certificate and its key, in PEM. */
export type Pair = { certificate: string; key: string };

/** Made anew for each run, for localhost, 127.0.0.1 and the hosts named; nobody else trusts it. */
export async function makeCertificate(name: string, hosts: readonly string[] = []): Promise<Pair> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...['localhost', ...hosts].map((value) => ({ type: 2 as const, value })),
          { type: 7 as const, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { certificate: `${cert}\n`, key };
}

export const [first, second] = await Promise.all([
  makeCertificate('first.parley.test'),
  makeCertificate('second.parley.test'),
]);
