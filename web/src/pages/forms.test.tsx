// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problemResponse } from '../session/testing/transports.ts';
import { draw, type Answers } from './testing/drawn.tsx';

const conference = {
  id: 'c1',
  name: 'Team A',
  title: 'Product review',
  startsAt: null,
  endsAt: null,
  status: 'open',
  bridges: [
    { kind: 'audio', label: 'Paris', country: 'France', number: '+33 1 55 55', code: '48#' },
  ],
};
const bond = { title: 'Mr', name: 'James BOND', email: 'james@example.com', remember: true };
const json = (body: unknown) => () => new Response(JSON.stringify(body));
const admitted = (next: string, identity: object | null = null): Answers => ({
  'POST /admissions': json({ conference, identity, next }),
});

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});
afterEach(() => document.body.replaceChildren());

describe('home', () => {
  it('ties each label to its entry and switches off every correction', async () => {
    const { find, root } = await draw('/', {});
    for (const testid of ['name', 'password']) {
      const input = find<HTMLInputElement>(testid);
      expect(root.querySelector(`label[for="${input.id}"]`)?.textContent).not.toBe('');
      expect(input.getAttribute('autocapitalize')).toBe('none');
      expect(input.getAttribute('autocorrect')).toBe('off');
      expect(input.getAttribute('spellcheck')).toBe('false');
    }
  });

  it('sends what was typed, spaces and all, and goes on to the identification', async () => {
    const { asked, find, submit, type } = await draw('/', admitted('identify'));
    type('name', ' Team A ');
    type('password', 'Pass word ');
    await submit('participate');
    expect(asked.at(-1)).toEqual({
      call: 'POST /admissions',
      body: { name: ' Team A ', password: 'Pass word ' },
    });
    expect(location.pathname).toBe('/identify');
    expect(document.activeElement?.tagName).toBe('H1');
    expect(find('fullname')).toBeTruthy();
    expect(JSON.stringify({ ...sessionStorage })).not.toContain('Pass word');
  });

  it('says what is missing, and goes there', async () => {
    const { asked, find, root, submit, type } = await draw('/', {});
    type('name', 'Team A');
    await submit('participate');
    const password = find<HTMLInputElement>('password');
    expect(document.activeElement).toBe(password);
    expect(password.getAttribute('aria-invalid')).toBe('true');
    const described = password.getAttribute('aria-describedby')?.split(' ')[0];
    expect(root.querySelector(`[id="${described}"]`)?.textContent).toContain('password');
    expect(asked.some(({ call }) => call === 'POST /admissions')).toBe(false);
  });

  it('announces a refusal, the same whatever was typed', async () => {
    const { find, submit, type } = await draw('/', {
      'POST /admissions': () => problemResponse(403, 'conference-denied'),
    });
    type('name', 'Team A');
    type('password', 'x');
    await submit('participate');
    expect(find('refusal').getAttribute('role')).toBe('alert');
    const plain = find('refusal').textContent ?? '';
    expect(plain).toMatch(/capitals and spaces.*organizer/);
    type('name', 'Team A ');
    await submit('participate');
    expect(find('refusal').textContent).toBe(plain);
  });

  it('says when to try again', async () => {
    const { find, submit, type } = await draw('/', {
      'POST /admissions': () => problemResponse(429, 'rate-limited', { 'Retry-After': '90' }),
    });
    type('name', 'Team A');
    type('password', 'x');
    await submit('participate');
    expect(find('refusal').textContent).toContain('in 90 seconds');
  });

  it('shows and hides the password', async () => {
    const { find, submit } = await draw('/', {});
    const button = find('show-password');
    expect(button.getAttribute('aria-label')).toBe('Show the password');
    await submit('show-password');
    expect(find<HTMLInputElement>('password').type).toBe('text');
    await submit('show-password');
    expect(find<HTMLInputElement>('password').type).toBe('password');
  });
});

describe('an invitation link', () => {
  it('is opened, and leaves the address bar', async () => {
    const { asked } = await draw('/#invitation=CODE-42', admitted('identify'));
    expect(asked[0]).toEqual({ call: 'POST /admissions', body: { invitation: 'CODE-42' } });
    expect(location.href).not.toContain('CODE-42');
    expect(location.pathname).toBe('/identify');
  });

  it('that opens nothing says so and offers the form', async () => {
    const { find } = await draw('/#invitation=OLD', {
      'POST /admissions': () => problemResponse(403, 'conference-denied'),
    });
    expect(find('refusal').textContent).toContain('invitation link');
    expect(find('name')).toBeTruthy();
    expect(location.hash).toBe('');
  });
});

describe('identification', () => {
  it('asks for the name, then saves it and offers the choice', async () => {
    const { asked, find, submit, type } = await draw('/#invitation=C', {
      ...admitted('identify'),
      'PUT /identity': json(bond),
    });
    await submit('identify-submit');
    expect(find('fullname').getAttribute('aria-invalid')).toBe('true');
    expect(find('email').getAttribute('aria-invalid')).toBe('true');
    type('title', 'Mr');
    type('fullname', ' James BOND ');
    type('email', 'james@example.com');
    find<HTMLInputElement>('remember').checked = true;
    await submit('identify-submit');
    expect(asked.at(-1)).toEqual({ call: 'PUT /identity', body: bond });
    expect(find('band-identity').textContent).toBe('Mr James BOND');
    expect(location.pathname).toBe('/choice');
  });

  it('refuses what is no e-mail address', async () => {
    const { asked, find, submit, type } = await draw('/#invitation=C', admitted('identify'));
    type('fullname', 'James BOND');
    type('email', 'james');
    await submit('identify-submit');
    expect(document.activeElement).toBe(find('email'));
    expect(asked.some(({ call }) => call === 'PUT /identity')).toBe(false);
  });

  it('shows which entry the server did not accept', async () => {
    const answer = { code: 'invalid', errors: [{ pointer: '/name', detail: 'too long' }] };
    const { find, submit, type } = await draw('/#invitation=C', {
      ...admitted('identify'),
      'PUT /identity': () => new Response(JSON.stringify(answer), { status: 422 }),
    });
    type('fullname', 'James BOND');
    type('email', 'james@example.com');
    await submit('identify-submit');
    expect(find('fullname').getAttribute('aria-invalid')).toBe('true');
    expect(find('refusal').getAttribute('role')).toBe('alert');
  });
});

describe('a remembered identity', () => {
  it('is in the band at once and skips the identification', async () => {
    const { find, submit, type } = await draw('/', {
      ...admitted('software', bond),
      'GET /identity': json(bond),
    });
    expect(find('band-identity').textContent).toBe('Mr James BOND');
    type('name', 'Team A');
    type('password', 'x');
    await submit('participate');
    expect(location.pathname).toBe('/choice');
  });

  it('is forgotten on "Disconnect", here and on the server', async () => {
    const { asked, find, seek, submit } = await draw('/', {
      'GET /identity': json(bond),
      'DELETE /identity': () => new Response(null, { status: 204 }),
    });
    sessionStorage.setItem('coopnet.talk', '{"name":"Mr James BOND"}');
    await submit('disconnect');
    expect(asked.at(-1)?.call).toBe('DELETE /identity');
    expect(JSON.stringify({ ...sessionStorage })).not.toContain('BOND');
    expect(find('band-identity').textContent).toBe('Not identified yet');
    expect(seek('disconnect')).toBeNull();
    expect(find('band').textContent).toContain('has been forgotten');
  });
});

describe('the way in', () => {
  it('tells honestly that the software is not there, then recalls the numbers', async () => {
    const { find, submit } = await draw('/#invitation=C', {
      ...admitted('software', bond),
      'GET /software': json({ releases: [] }),
    });
    await submit('choice-software');
    await vi.waitFor(() => find('software-unavailable'), 10_000);
    expect(find('software-unavailable').getAttribute('role')).toBe('status');
    await submit('choice-browser');
    expect(location.pathname).toBe('/conference');
    const number = find('bridges').querySelector('a');
    expect(number?.getAttribute('href')).toBe('tel:+3315555');
    expect(find('bridges').textContent).toContain('48#');
  });

  it.each(['/conference', '/tool', '/choice', '/identify'])(
    'a reload of %s without an admission goes home and explains',
    async (page) => {
      const { find } = await draw(page, {});
      expect(location.pathname).toBe('/');
      expect(find('notice').textContent).toContain('opened anew');
    },
  );

  it('a reload with an admission stays', async () => {
    await draw('/#invitation=C', admitted('software', bond));
    const { find } = await draw('/conference', { 'GET /identity': json(bond) });
    expect(find('submit')).toBeTruthy();
  });

  it('leaving gives the admission back', async () => {
    const { asked, find, portal } = await draw('/#invitation=C', admitted('software', bond));
    portal.leave();
    await new Promise((done) => setTimeout(done, 20));
    expect(asked.at(-1)?.call).toBe('DELETE /admissions');
    expect(find('notice').textContent).toContain('left');
    expect(sessionStorage.getItem('coopnet.admission')).toBeNull();
  });
});

describe('settings', () => {
  it('switches the language and tells the document', async () => {
    const { find, submit } = await draw('/', {});
    expect(find('language').getAttribute('lang')).toBe('fr');
    await submit('language');
    expect(document.documentElement.lang).toBe('fr');
    expect(find('participate').textContent).toBe('Participer');
    expect(document.title).toContain('Participer à une conférence');
  });

  it('switches the theme and remembers it', async () => {
    const { submit } = await draw('/', {});
    const before = document.documentElement.dataset['theme'];
    await submit('theme');
    expect(document.documentElement.dataset['theme']).not.toBe(before);
    expect(localStorage.getItem('coopnet.theme')).toBe(document.documentElement.dataset['theme']);
  });

  it('an unknown address is a page with a way home', async () => {
    const { root } = await draw('/nowhere', {});
    expect(root.querySelector('main a')?.getAttribute('href')).toBe('/');
  });
});
