/** Whose portal it is. The server writes it into the page, so that nothing changes before the reader's eyes. */
export interface Brand {
  name: string;
  /** Beside other words: in the tab's title, in sentences. */
  shortName: string;
  logo: Logo | null;
  supportContact: string;
  termsUrl: string;
  privacyUrl: string;
}

export interface Logo {
  url: string;
  /** Its proportions, so that its place is there before it is. */
  width: number;
  height: number;
}

export const coopnet: Brand = {
  name: 'Coopnet',
  shortName: 'Coopnet',
  logo: null,
  supportContact: '',
  termsUrl: '',
  privacyUrl: '',
};

/** What the page says; what it does not say, or not well, stays Coopnet's. */
export function brandOf(document: Pick<Document, 'querySelector'>): Brand {
  const written = document.querySelector<HTMLMetaElement>('meta[name="brand"]')?.content ?? '';
  try {
    return { ...coopnet, ...(JSON.parse(written) as Partial<Brand>) };
  } catch {
    return coopnet;
  }
}

/** A text with the brand in the place of Coopnet. */
export function branded(text: string, { shortName }: Brand): string {
  return shortName === coopnet.shortName ? text : text.replaceAll('Coopnet', () => shortName);
}
