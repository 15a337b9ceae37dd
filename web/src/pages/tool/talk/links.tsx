import type { JSX } from 'preact';

export interface Part {
  text: string;
  /** Where it leads, when it is a link. */
  href: string;
}

const address = /\bhttps?:\/\/[^\s<>"'`]+/giu;
/** The end of a sentence is no part of the address. */
const ending = /[.,;:!?…»”’]+$/u;

/** Cuts a text into links and the rest. What is no plain web address stays text. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const { 0: match, index } of text.matchAll(address)) {
    const shown = trimmed(match);
    const href = safe(shown);
    if (href === '') continue;
    if (index > at) found.push({ text: text.slice(at, index), href: '' });
    found.push({ text: shown, href });
    at = index + shown.length;
  }
  if (at < text.length) found.push({ text: text.slice(at), href: '' });
  return found;
}

/** Without the sentence's end, and without a bracket that was opened before the address. */
function trimmed(match: string): string {
  let shown = match.replace(ending, '');
  while (shown.endsWith(')') && shown.split(')').length > shown.split('(').length) {
    shown = shown.slice(0, -1).replace(ending, '');
  }
  return shown;
}

/** A name in front of the host ("https://bank.example@evil.example") deceives: that is no link. */
function safe(text: string): string {
  try {
    const url = new URL(text);
    const plain = url.username === '' && url.password === '' && url.hostname !== '';
    return plain && ['http:', 'https:'].includes(url.protocol) ? url.href : '';
  } catch {
    return '';
  }
}

/** What somebody wrote, with its links; they open elsewhere and say nothing of where they come from. */
export function Linked({ text }: { text: string }): JSX.Element {
  return (
    <bdi class="words">
      {parts(text).map(({ text: shown, href }, index) =>
        href === '' ? (
          shown
        ) : (
          <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {shown}
          </a>
        ),
      )}
    </bdi>
  );
}
