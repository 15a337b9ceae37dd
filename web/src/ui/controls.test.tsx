// @vitest-environment happy-dom
import { render, type ComponentChildren } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { en } from '../text/en.ts';
import { Texts } from '../text/texts.ts';
import { Progress, Select, Switch } from './controls.tsx';
import { Dialog } from './dialog.tsx';
import { IconButton } from './iconbutton.tsx';
import { Menu } from './menu.tsx';
import { ServicesContext, type Services } from './services.ts';
import { Tabs } from './tabs.tsx';
import { ToastPlace, Toasts, ToastsProvider } from './toasts.tsx';

let root: HTMLElement;
const seek = (testid: string) =>
  document.querySelector<HTMLElement>(`[data-testid="${testid}"]`) ?? null;
const find = <T extends HTMLElement>(testid: string): T => {
  const found = seek(testid);
  if (found === null) throw new Error(`nothing is drawn as ${testid}`);
  return found as T;
};
const named = (element: HTMLElement, by: string) =>
  document.getElementById(element.getAttribute(by) ?? '')?.textContent;
const draw = (what: ComponentChildren) => act(() => render(what, root));

beforeEach(() => {
  root = document.createElement('div');
  document.body.replaceChildren(root);
});
afterEach(() => render(null, root));

it('says whether a switch is on, and tells of a change', async () => {
  const onChange = vi.fn<(on: boolean) => void>();
  await draw(<Switch label="Lock" hint="Nobody else" on testid="lock" onChange={onChange} />);
  const lock = find<HTMLInputElement>('lock');
  expect(lock.getAttribute('role')).toBe('switch');
  expect(lock.checked).toBe(true);
  expect(root.querySelector('label')?.getAttribute('for')).toBe(lock.id);
  expect(named(lock, 'aria-describedby')).toBe('Nobody else');
  lock.click();
  expect(onChange).toHaveBeenCalledWith(false);
});

it('chooses by the browser’s own list', async () => {
  const onChange = vi.fn<(value: 'a' | 'b') => void>();
  const options = [
    { value: 'a', label: 'One' },
    { value: 'b', label: 'Two' },
  ] as const;
  await draw(
    <Select label="Which" value="a" options={options} testid="which" onChange={onChange} />,
  );
  const select = find<HTMLSelectElement>('which');
  expect(select.value).toBe('a');
  select.value = 'b';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  expect(onChange).toHaveBeenCalledWith('b');
});

it('shows how far it is, or that nobody knows', async () => {
  await draw(<Progress label="Upload" value={1.4} testid="far" />);
  expect(find<HTMLProgressElement>('far').value).toBe(1);
  await draw(<Progress key="x" label="Upload" value={null} testid="far" />);
  expect(find('far').hasAttribute('value')).toBe(false);
});

it('asks the owner of a dialog to close it, and gives the focus back', async () => {
  const button = document.createElement('button');
  document.body.append(button);
  button.focus();
  const onClose = vi.fn<() => void>();
  await draw(
    <Dialog title="Sure?" onClose={onClose}>
      <button type="button">Yes</button>
    </Dialog>,
  );
  const dialog = root.querySelector('dialog') as HTMLDialogElement;
  expect(dialog.open).toBe(true);
  expect(named(dialog, 'aria-labelledby')).toBe('Sure?');
  const cancel = new Event('cancel', { cancelable: true });
  dialog.dispatchEvent(cancel);
  expect(cancel.defaultPrevented).toBe(true);
  expect(onClose).toHaveBeenCalledTimes(1);
  await draw(null);
  expect(document.activeElement).toBe(button);
  expect(onClose).toHaveBeenCalledTimes(1);
});

it('gives a button with a drawing a name, and does nothing while it is disabled', async () => {
  const onClick = vi.fn<() => void>();
  await draw(<IconButton icon="cross" label="Close" testid="x" pressed onClick={onClick} />);
  expect(find('x').getAttribute('aria-label')).toBe('Close');
  expect(find('x').getAttribute('aria-pressed')).toBe('true');
  find('x').click();
  expect(onClick).toHaveBeenCalledTimes(1);
  await draw(<IconButton icon="cross" label="Close" testid="x" disabled onClick={onClick} />);
  find('x').click();
  expect(onClick).toHaveBeenCalledTimes(1);
});

it('keeps what is typed in a panel that is not shown', async () => {
  const onSelect = vi.fn<(id: string) => void>();
  const tabs = [
    { id: 'one', label: 'One', count: 3, content: <input data-testid="typed" /> },
    { id: 'two', label: 'Two', content: <p>two</p> },
  ];
  await draw(<Tabs label="Beside" tabs={tabs} selected="one" onSelect={onSelect} />);
  expect(find('tab-one').textContent).toBe('One3');
  find<HTMLInputElement>('typed').value = 'kept';
  await act(() => find('tab-two').click());
  expect(onSelect).toHaveBeenCalledWith('two');
  await draw(<Tabs label="Beside" tabs={tabs} selected="two" onSelect={onSelect} />);
  await vi.waitFor(
    () => expect(find('tab-two').getAttribute('aria-selected')).toBe('true'),
    10_000,
  );
  expect(find<HTMLInputElement>('typed').value).toBe('kept');
});

it('does what is chosen in a menu', async () => {
  const onSelect = vi.fn<() => void>();
  await draw(
    <Menu
      label="Actions for Ada"
      icon="more"
      testid="ada"
      items={[
        { id: 'greet', label: 'Greet', onSelect },
        { id: 'remove', label: 'Remove', look: 'danger', apart: true, onSelect },
      ]}
    />,
  );
  expect(find('ada').getAttribute('aria-haspopup')).toBe('menu');
  expect(find('ada').getAttribute('aria-label')).toBe('Actions for Ada');
  await act(() => find('ada').click());
  await vi.waitFor(() => expect(find('ada').getAttribute('aria-expanded')).toBe('true'), 10_000);
  expect(root.querySelectorAll('[role="separator"]')).toHaveLength(1);
  await act(() => {
    find('ada-remove').dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
    find('ada-remove').click();
  });
  await vi.waitFor(() => expect(onSelect).toHaveBeenCalledTimes(1), 10_000);
});

it('announces a toast, draws it, and lets it be dismissed', async () => {
  const texts = new Texts({
    load: () => Promise.resolve(en),
    storage: null,
    wanted: ['en'],
    document,
  });
  await texts.start();
  const toasts = new Toasts();
  await draw(
    <ServicesContext.Provider value={{ texts } as Services}>
      <ToastsProvider value={toasts}>
        <ToastPlace />
      </ToastsProvider>
    </ServicesContext.Provider>,
  );
  expect(find('toast-said').getAttribute('role')).toBe('status');
  expect(find('toast-said').textContent).toBe('');
  await act(() => toasts.say('The list was copied.'));
  expect(find('toast-said').textContent).toBe('The list was copied.');
  await vi.waitFor(
    () => expect(find('toast').textContent).toContain('The list was copied.'),
    10_000,
  );
  await act(() => find('toast').querySelector('button')?.click());
  await vi.waitFor(() => expect(seek('toast')).toBeNull(), 10_000);
});

it('keeps the last few toasts only', () => {
  const toasts = new Toasts();
  for (let i = 1; i <= 9; i++) toasts.say(`${i}`, 'notice');
  expect(toasts.said.value.map(({ text }) => text)).toEqual(['6', '7', '8', '9']);
});
