import type { Node } from './api';

// The tree of a telegram: a list of nodes with depths, front to back.

export type Octets = { first: number; last: number };

/** The octets that a node covers; null for a node without bits. */
export function octetsOf(node: Node): Octets | null {
  if (node.width <= 0) return null;
  return { first: Math.floor(node.bit / 8), last: Math.floor((node.bit + node.width - 1) / 8) };
}

/** The number of the innermost node that covers an octet; -1 where none does. */
export function nodeAt(tree: readonly Node[], octet: number): number {
  let found = -1;
  for (const [index, node] of tree.entries()) {
    const octets = octetsOf(node);
    if (!octets || octet < octets.first || octet > octets.last) continue;
    if (found < 0 || node.depth > tree[found]!.depth) found = index;
  }
  return found;
}

/** Whether something lies below a node. */
export const hasChildren = (tree: readonly Node[], index: number): boolean =>
  (tree[index + 1]?.depth ?? -1) > tree[index]!.depth;

/** The number of the node above; -1 for the outermost. */
export function parentOf(tree: readonly Node[], index: number): number {
  const depth = tree[index]!.depth;
  for (let above = index - 1; above >= 0; above--) {
    if (tree[above]!.depth < depth) return above;
  }
  return -1;
}

/** The numbers of the nodes that show when some are closed. */
export function openNodes(tree: readonly Node[], closed: ReadonlySet<number>): number[] {
  const open: number[] = [];
  let hiddenBelow = Infinity;
  for (const [index, node] of tree.entries()) {
    if (node.depth > hiddenBelow) continue;
    hiddenBelow = closed.has(index) ? node.depth : Infinity;
    open.push(index);
  }
  return open;
}

/**
 * The bits of a node within its octet, most significant first, with dots for
 * the others: "..10 ....". Empty for whole octets and for what spans several.
 */
export function bitPattern(node: Node): string {
  const octets = octetsOf(node);
  if (!node.leaf || !octets || octets.first !== octets.last || node.width === 8) return '';
  const start = node.bit % 8;
  const low = node.big_endian ? 8 - start - node.width : start;
  const value = Number(node.value ?? 0);
  let pattern = '';
  for (let bit = 7; bit >= 0; bit--) {
    const inside = bit >= low && bit < low + node.width;
    pattern += inside ? String((value >> (bit - low)) & 1) : '·';
    if (bit === 4) pattern += ' ';
  }
  return pattern;
}

/** The octets of a hexadecimal text. */
export const splitHex = (hex: string): string[] => hex.match(/../g) ?? [];

/** The character of an octet in ASCII, and a dot for what has none. */
export function asciiOf(octet: string): string {
  const code = parseInt(octet, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·';
}
