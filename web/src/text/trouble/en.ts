/** English of the ways from a trouble in the tool to the help and to the diagnostic tool. */
export const en = {
  help: 'What to do',
  find: 'Find out why',
  tab: '(new tab)',
};

export type TroubleKey = keyof typeof en;
export type TroubleCatalogue = Readonly<Record<TroubleKey, string>>;
