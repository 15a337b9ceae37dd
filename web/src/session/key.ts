const length = 22;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Gives a key that this participant has never used. */
export function makeKey(random: () => number): string {
  const letter = () => letters.charAt(Math.floor(random() * letters.length));
  return Array.from({ length }, letter).join('');
}
