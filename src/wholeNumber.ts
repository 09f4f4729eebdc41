/** Reads a whole number from 0; undefined where there is none. */
export function wholeNumber(text: string): number | undefined {
  const number = Number.parseInt(text, 10);
  return number >= 0 ? number : undefined;
}
