/** English of the way from a trouble in the tool to the diagnostic tool. */
export const en = {
  find: 'Find out why (new tab)',
};

export type TroubleKey = keyof typeof en;
export type TroubleCatalogue = Readonly<Record<TroubleKey, string>>;
