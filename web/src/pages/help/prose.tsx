import type { JSX } from 'preact';
import type { Address } from '../../router.ts';
import { blocks, type Block, type Inline } from '../../text/help/markup.ts';
import { Link } from '../../ui/link.tsx';

/** The text of a topic, as elements. Headings in it are of `level`. */
export function Prose({ source, level = 2 }: { source: string; level?: 2 | 4 }): JSX.Element {
  return (
    <>
      {blocks(source).map((block, at) => (
        <Part key={at} block={block} level={level} />
      ))}
    </>
  );
}

function Part({ block, level }: { block: Block; level: 2 | 4 }): JSX.Element {
  const Heading = `h${level}` as const;
  switch (block.kind) {
    case 'heading':
      return (
        <Heading>
          <Line content={block.content} />
        </Heading>
      );
    case 'paragraph':
      return (
        <p>
          <Line content={block.content} />
        </p>
      );
    case 'note':
      return (
        <p class="note">
          <Line content={block.content} />
        </p>
      );
    case 'code':
      // It scrolls sideways: the keyboard must reach it.
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    default: {
      const List = block.kind === 'list' ? 'ul' : 'ol';
      return (
        <List>
          {block.items.map((content, at) => (
            <li key={at}>
              <Line content={content} />
            </li>
          ))}
        </List>
      );
    }
  }
}

function Line({ content }: { content: readonly Inline[] }): JSX.Element {
  return (
    <>
      {content.map((part, at) => {
        switch (part.kind) {
          case 'text':
            return part.text;
          case 'strong':
            return <strong key={at}>{part.text}</strong>;
          case 'code':
            return <code key={at}>{part.text}</code>;
          case 'link':
            // Tests see that every address is one of ours.
            return (
              <Link key={at} to={part.to as Address}>
                {part.text}
              </Link>
            );
        }
      })}
    </>
  );
}
