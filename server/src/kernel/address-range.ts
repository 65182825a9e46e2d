import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * IPv4 that is not somebody's on the public Internet: IANA's IPv4 Special-Purpose Address Registry (RFC 6890 and its
 * updates) where "globally reachable" is false, the deprecated 6to4 relays (RFC 7526), and multicast (RFC 5771).
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared between a carrier and its customers
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, where clouds keep their machines' credentials
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
];

/**
 * What IANA has given out of IPv6 at all. Outside lie loopback, unspecified, IPv4-mapped, both NAT64 prefixes, discard
 * only, unique local, link-local, site-local and multicast: none of them is needed, so none of them is listed.
 */
const GLOBAL_IPV6 = '2000::/3';
/** Within it, IANA's IPv6 Special-Purpose Address Registry, and 6to4, which carries an IPv4 address. */
const SPECIAL_IPV6 = [
  '2001::/23', // protocol assignments, with Teredo, benchmarks and ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
];

const special = rangesOf([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
const globalIpv6 = rangesOf([GLOBAL_IPV6]);

export type AddressRanges = { has(address: string): boolean };

/** True if an address belongs to somebody on the public Internet. False for whatever is no address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.has(address);
  return isIPv6(address) && globalIpv6.has(address) && !special.has(address);
}

/**
 * @param cidrs `10.0.0.0/8`, `fd00::/8`; without a length one address.
 * @throws Error that names the text which is none.
 */
export function rangesOf(cidrs: readonly string[]): AddressRanges {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const { address, bits, family } = parseCidr(cidr);
    list.addSubnet(address, bits, family);
  }
  return {
    has: (address) =>
      isIPv4(address) ? list.check(address, 'ipv4') : isIPv6(address) && list.check(address, 'ipv6'),
  };
}

function parseCidr(cidr: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', length, ...rest] = cidr.split('/');
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) && !address.includes('%') ? 'ipv6' : undefined;
  const most = family === 'ipv4' ? 32 : 128;
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= most);
  if (!family || !isLength || rest.length > 0) {
    throw new Error(`"${cidr}" is not a range of addresses like 10.0.0.0/8 or fd00::/8`);
  }
  return { address, bits: length === undefined ? most : Number(length), family };
}

/** The addresses that one party holds, as a key of counters: an IPv4 address itself, or the /64 of an IPv6 one. */
export function networkOf(remote: string): string {
  const address = remote.startsWith('::ffff:') && isIP(remote.slice(7)) === 4 ? remote.slice(7) : remote;
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('%')[0]!.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // An embedded IPv4 tail counts for two groups; only the first four of the eight are kept.
  const width = left.length + right.length + (address.includes('.') ? 1 : 0);
  const groups = [...left, ...Array(Math.max(0, 8 - width)).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
