// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { branded, brandOf, coopnet } from './brand.ts';

it('reads what the server wrote into the page, and stays Coopnet otherwise', () => {
  document.head.innerHTML = '';
  expect(brandOf(document)).toEqual(coopnet);
  document.head.innerHTML = '<meta name="brand" content="{}">';
  expect(brandOf(document)).toEqual(coopnet);
  document.head.innerHTML = '<meta name="brand" content="no JSON">';
  expect(brandOf(document)).toEqual(coopnet);
  document.head.innerHTML =
    '<meta name="brand" content="{&quot;name&quot;:&quot;A &amp;quot; B&quot;,&quot;shortName&quot;:&quot;$&amp; Co&quot;}">';
  const brand = brandOf(document);
  expect(brand.shortName).toBe('$& Co');
  expect(brand.logo).toBeNull();
  expect(branded('How Coopnet works', brand)).toBe('How $& Co works');
  expect(branded('How Coopnet works', coopnet)).toBe('How Coopnet works');
});
