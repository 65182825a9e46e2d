import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress, networkOf, rangesOf } from './address-range.ts';

/**
 * First and last address of blocks in IANA's special-purpose registries (2025-05) that are not globally reachable, of
 * multicast, and of forms of IPv6 that carry an IPv4 address.
 */
const NOT_PUBLIC = `
0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255 169.254.0.0
169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255 192.88.99.0
192.88.99.255 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0
203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 100::1 100:0:0:1::1
2001:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff
2001:db8::1 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2002:: 2002:7f00:1:: 3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
4000:: 5f00::1 fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe80::1 fe80::1%eth0 fec0::1 ff02::1
`;
/** Their neighbours outside, and some that everybody knows. */
const PUBLIC = `
1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0
172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0
198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 8.8.8.8
2001:200:: 2001:db7:ffff:: 2001:db9:: 2003:: 2606:4700:4700::1111 2a00:1450:4001:800::200e 3ffe:ffff:: 3fff:1000::
`;
const words = (text: string) => text.trim().split(/\s+/);

test('no address of a special-purpose block is public, to its first and last one; their neighbours are', () => {
  for (const address of words(NOT_PUBLIC)) assert.equal(isPublicAddress(address), false, address);
  for (const address of words(PUBLIC)) assert.equal(isPublicAddress(address), true, address);
  for (const text of ['', 'localhost', '1.2.3', '010.0.0.1', '8.8.8.8 ']) {
    assert.equal(isPublicAddress(text), false, text);
  }
});

test('ranges hold what they say; without a length they are one address', () => {
  const ranges = rangesOf(['127.0.0.0/8', '10.1.2.3', 'fd00::/8']);
  for (const address of ['127.9.9.9', '10.1.2.3', 'fd12::1', '::ffff:127.0.0.1'])
    assert.ok(ranges.has(address));
  for (const address of ['10.1.2.4', '128.0.0.1', 'fc00::1', 'localhost']) assert.ok(!ranges.has(address));
});

test('what is no range is refused by name', () => {
  for (const text of [
    '',
    'x',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '::/129',
    '10.0.0.0/',
    'fe80::%1/64',
  ]) {
    assert.throws(() => rangesOf([text]), new RegExp(`"${text.replace(/[.*/]/g, '\\$&')}" is not a range`));
  }
});

test('an address is an IPv4 address or the /64 of an IPv6 one', () => {
  const table: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['not an address', 'not an address'],
  ];
  for (const [remote, expected] of table) assert.equal(networkOf(remote), expected, remote);
});
