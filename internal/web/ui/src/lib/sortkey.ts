/**
 * A text that compares, octet by octet, the way people sort names with numbers
 * in them: "a/9" before "a/10". Comparing texts is a hundred times as fast as
 * asking a collator, and that counts for a hundred thousand rows.
 */
export function sortKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits) => {
    const plain = digits.replace(/^0+(?=\d)/, '');
    return String.fromCharCode(48 + Math.min(plain.length, 60)) + plain;
  });
}
