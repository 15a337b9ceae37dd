/** A code in words, so that it survives a bad telephone line. */
export interface Spelt {
  character: string;
  word: string;
}

/** `alphabet` has a word for each of A to Z, `digits` for each of 0 to 9. */
export function spell(code: string, alphabet: string, digits: string, hyphen: string): Spelt[] {
  const letters = alphabet.split(' ');
  const numbers = digits.split(' ');
  return [...code.toUpperCase()].map((character) => {
    if (/[A-Z]/.test(character)) {
      return { character, word: letters[character.charCodeAt(0) - 65] ?? character };
    }
    if (/\d/.test(character)) return { character, word: numbers[Number(character)] ?? character };
    return { character, word: character === '-' ? hyphen : character };
  });
}
