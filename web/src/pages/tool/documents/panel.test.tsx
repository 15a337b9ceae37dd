// @vitest-environment happy-dom
import { render } from 'preact';
import { afterEach, describe, expect, it } from 'vitest';
import type { Listing, SharedDocument } from '../../../session/documents/api.ts';
import { Problem } from '../../../session/problem.ts';
import { papers } from '../../../session/testing/papers.ts';
import { drawRoom, type DrawnRoom } from '../testing/room.tsx';
import { DocumentsTab } from './panel.tsx';
import { PageTurner } from './turner.tsx';

const limits = { size: 50 << 20, count: 50, total: 500 << 20 };
const paper = (id: string, more: Partial<SharedDocument> = {}): SharedDocument => ({
  id,
  name: `${id}.pdf`,
  type: 'application/pdf',
  size: 1_234_567,
  by: { id: 'ann', name: 'Ann <b>' },
  addedAt: '',
  own: false,
  ...more,
});
const listed = (items: SharedDocument[], more: Partial<Listing> = {}): Listing => ({
  items,
  limits,
  mayAdd: false,
  mayDelete: false,
  ...more,
});

let room: DrawnRoom;
afterEach(() => {
  render(null, room.root); // its keys would go on
  room.work.close();
  document.body.replaceChildren();
});

async function draw(
  listing: Listing | null,
  permissions: string[] = ['view'],
  more: Parameters<typeof papers>[1] = {},
): Promise<void> {
  room = await drawRoom(
    (work) => (
      <div class="picture">
        <DocumentsTab work={work} />
        <PageTurner work={work} />
      </div>
    ),
    'en',
    papers(listing, more),
  );
  room.line.allow(...permissions);
  room.line.join();
  await room.settle();
}

describe('the list of documents', () => {
  it('says what will be there, to who adds and to who reads', async () => {
    await draw(listed([]));
    expect(room.find('documents-none').innerText).toContain('until the conference ends');
    expect(room.all('documents-add')).toEqual([]);
    room.work.close();
    await draw(listed([], { mayAdd: true }), ['view', 'share']);
    expect(room.find('documents-none').innerText).toContain('page by page');
    expect(room.root.innerText).toContain('Up to 50\u00a0MB each, 500\u00a0MB in all');
  });

  it('shows names as they are, and to guests no more than they may do', async () => {
    await draw(listed([paper('a'), paper('b')]));
    expect(room.find('document-item').innerText).toContain('1.2\u00a0MB, from Ann <b>');
    expect(room.all('document-download')).toHaveLength(2);
    expect([...room.all('document-show'), ...room.all('document-delete')]).toEqual([]);
  });

  it('lets people of the company delete, after a question', async () => {
    const removed: string[] = [];
    await draw(listed([paper('a')], { mayAdd: true, mayDelete: true }), ['view', 'share'], {
      remove: (id) => (removed.push(id), Promise.resolve()),
    });
    room.line.say({
      type: 'stage.shown',
      stage: { kind: 'document', id: 'a', name: 'a.pdf', page: 1, pages: 2, participant: 'x' },
    });
    await room.press('document-delete');
    expect(removed).toEqual([]);
    await room.press('delete-confirm');
    expect([removed, room.all('document-item')]).toEqual([['a'], []]);
    expect(room.toasts.said.value.map(({ text }) => text)).toEqual(['a.pdf is deleted.']);
    expect(room.line.of('document.changed')).toHaveLength(1);
    // It cannot be shown any more.
    expect(room.line.of('stage.show')).toMatchObject([{ kind: 'share', id: '' }]);
  });

  it('says why a document cannot be deleted or shown', async () => {
    await draw(listed([paper('a', { own: true })]), ['view', 'share'], {
      remove: () => Promise.reject(new Problem('rate-limited', { status: 429, retryAfter: 4 })),
    });
    await room.press('document-show');
    expect(room.find('documents-trouble').innerText).toContain('Ask a presenter');
    await room.press('document-delete');
    await room.press('delete-confirm');
    expect(room.find('documents-trouble').innerText).toContain('4 seconds');
    expect(room.all('document-item')).toHaveLength(1);
  });
});

describe('the page that is shown', () => {
  const show = (page: number, pages = 3) =>
    room.line.say({
      type: 'stage.shown',
      stage: { kind: 'document', id: 'a', name: 'a.pdf', page, pages, participant: 'x' },
    });
  const asked = () => room.line.of('stage.show').map(({ page }) => page);
  const press = (key: string, on: EventTarget = document.body) =>
    on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));

  it('is turned by buttons, keys and its number; twice is two pages', async () => {
    await draw(listed([paper('a')]), ['view', 'share']);
    show(1);
    await room.settle();
    await room.press('page-next');
    press('PageDown');
    press('PageDown');
    expect(asked()).toEqual([2, 3]);
    show(3);
    await room.settle();
    press('ArrowLeft');
    expect(asked()).toEqual([2, 3, 2]);
    const number = room.find<HTMLInputElement>('page-number');
    press('ArrowLeft', number);
    await room.type('page-number', '1');
    number.form?.dispatchEvent(new Event('submit', { cancelable: true }));
    await room.type('page-number', '99');
    number.dispatchEvent(new Event('blur'));
    await room.settle();
    expect(asked()).toEqual([2, 3, 2, 1]);
    await room.press('document-close');
    expect(room.line.of('stage.show').at(-1)).toMatchObject({ kind: 'share', id: '' });
  });

  it('is only told to who does not present', async () => {
    await draw(listed([paper('a')]));
    show(2);
    await room.settle();
    expect(room.find('page-said').innerText).toBe('Page 2 of 3');
    press('PageDown');
    expect([asked(), room.all('page-next')]).toEqual([[], []]);
  });
});
