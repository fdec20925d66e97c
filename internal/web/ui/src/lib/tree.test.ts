import { expect, test } from 'vitest';
import type { Node } from './api';
import { asciiOf, bitPattern, hasChildren, nodeAt, octetsOf, openNodes, parentOf, splitHex } from './tree';

const leaf = (depth: number, name: string, bit: number, width: number, value = '0'): Node => ({
  depth,
  name,
  bit,
  width,
  leaf: true,
  value,
});
const group = (depth: number, name: string, bit: number, width: number): Node => ({ depth, name, bit, width });

const tree: Node[] = [
  group(0, 'APCI', 0, 32),
  leaf(1, 'START', 0, 8, '104'),
  leaf(1, 'length', 8, 8, '14'),
  group(1, 'control', 16, 16),
  leaf(2, 'format', 16, 1),
  leaf(2, 'N(S)', 17, 15, '5'),
  group(0, 'ASDU', 32, 8),
  leaf(1, 'IV', 39, 1, '1'),
];

test('octets of a field', () => {
  expect(octetsOf(tree[0]!)).toEqual({ first: 0, last: 3 });
  expect(octetsOf(tree[5]!)).toEqual({ first: 2, last: 3 });
  expect(octetsOf(group(0, 'empty', 8, 0))).toBeNull();
});

test('the field of an octet is the innermost', () => {
  expect(nodeAt(tree, 0)).toBe(1);
  expect(nodeAt(tree, 2)).toBe(4);
  expect(nodeAt(tree, 3)).toBe(5);
  expect(nodeAt(tree, 4)).toBe(7);
  expect(nodeAt(tree, 5)).toBe(-1);
});

test('branches', () => {
  expect(hasChildren(tree, 3)).toBe(true);
  expect(hasChildren(tree, 7)).toBe(false);
  expect(parentOf(tree, 5)).toBe(3);
  expect(parentOf(tree, 3)).toBe(0);
  expect(parentOf(tree, 6)).toBe(-1);
  expect(openNodes(tree, new Set([3]))).toEqual([0, 1, 2, 3, 6, 7]);
  expect(openNodes(tree, new Set([0]))).toEqual([0, 6, 7]);
});

test('bits within an octet', () => {
  expect(bitPattern(tree[7]!)).toBe('1··· ····');
  expect(bitPattern(leaf(0, 'x', 10, 3, '5'))).toBe('···1 01··');
  expect(bitPattern({ ...leaf(0, 'version', 0, 4, '4'), big_endian: true })).toBe('0100 ····');
  expect(bitPattern({ ...leaf(0, 'IHL', 4, 4, '5'), big_endian: true })).toBe('···· 0101');
  expect(bitPattern(tree[1]!)).toBe('');
  expect(bitPattern(tree[5]!)).toBe('');
});

test('octets and characters', () => {
  expect(splitHex('680e00')).toEqual(['68', '0e', '00']);
  expect(splitHex('')).toEqual([]);
  expect(asciiOf('68')).toBe('h');
  expect(asciiOf('00')).toBe('·');
});
