/**
 * The text of a topic: a small part of Markdown. Paragraphs, `## headings`, `- lists`, `1. steps`, `> notes`, code
 * between ``` lines; within a line **strong**, `code` and [labels](addresses). Everything becomes text nodes.
 */
export type Inline =
  { kind: 'text' | 'strong' | 'code'; text: string } | { kind: 'link'; text: string; to: string };

export type Block =
  | { kind: 'heading' | 'paragraph' | 'note'; content: Inline[] }
  | { kind: 'list' | 'steps'; items: Inline[][] }
  | { kind: 'code'; text: string };

const inlines = /\*\*(?<strong>[^*]+)\*\*|`(?<code>[^`]+)`|\[(?<label>[^\]]+)\]\((?<to>[^)\s]+)\)/g;

export function inline(text: string): Inline[] {
  const found: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(inlines)) {
    if (match.index > at) found.push({ kind: 'text', text: text.slice(at, match.index) });
    const { strong, code, label, to } = match.groups ?? {};
    if (strong !== undefined) found.push({ kind: 'strong', text: strong });
    else if (code !== undefined) found.push({ kind: 'code', text: code });
    else if (label !== undefined && to !== undefined) found.push({ kind: 'link', text: label, to });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at) });
  return found;
}

export function blocks(source: string): Block[] {
  const found: Block[] = [];
  const lines = source.split('\n');
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    if (line.startsWith('```')) {
      const end = lines.indexOf('```', at + 1);
      found.push({ kind: 'code', text: lines.slice(at + 1, end).join('\n') });
      at = (end < 0 ? lines.length : end) + 1;
    } else if (line.trim() === '') {
      at++;
    } else {
      let end = at + 1;
      while (end < lines.length && lines[end]?.trim() !== '' && !lines[end]?.startsWith('```'))
        end++;
      found.push(block(lines.slice(at, end)));
      at = end;
    }
  }
  return found;
}

function block(lines: readonly string[]): Block {
  const [first = ''] = lines;
  const whole = lines.map((line) => line.trim()).join(' ');
  if (first.startsWith('## ')) return { kind: 'heading', content: inline(whole.slice(3)) };
  if (first.startsWith('> '))
    return { kind: 'note', content: inline(lines.map((line) => line.slice(2)).join(' ')) };
  if (first.startsWith('- ')) return { kind: 'list', items: items(lines, /^- /) };
  if (/^\d+\. /.test(first)) return { kind: 'steps', items: items(lines, /^\d+\. /) };
  return { kind: 'paragraph', content: inline(whole) };
}

/** A line that does not begin an item goes on with the one before. */
function items(lines: readonly string[], mark: RegExp): Inline[][] {
  const texts: string[] = [];
  for (const line of lines) {
    if (mark.test(line)) texts.push(line.replace(mark, ''));
    else texts.push(`${texts.pop() ?? ''} ${line.trim()}`);
  }
  return texts.map(inline);
}

/** The words alone, for the search. */
export function plain(source: string): string {
  return source
    .replace(/^(?:## |> |- |\d+\. |```.*$)/gm, '')
    .replace(/\*\*|`/g, '')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1');
}
