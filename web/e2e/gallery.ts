/** One picture of one scene. */
export interface Picture {
  area: string;
  scene: string;
  look: string;
  file: string;
}

/** A page that shows the pictures by area and scene; a click opens one. */
export function gallery(pictures: readonly Picture[]): string {
  const parts = grouped(pictures, ({ area }) => area).map(
    ([area, ofArea]) =>
      `<h2>${area}</h2>${grouped(ofArea, ({ scene }) => scene)
        .map(([scene, ofScene]) => `<h3>${scene}</h3><div class="looks">${ofScene.map(figure).join('')}</div>`)
        .join('')}`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Coopnet: every page and state</title><style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #13212a; background: #eaeef0 }
  .looks { display: flex; flex-wrap: wrap; gap: 1rem; align-items: start }
  figure { margin: 0 } figcaption { color: #4d5e69; font-size: 13px }
  img { display: block; height: 260px; border: 1px solid #c6d0d5; border-radius: 6px; background: #fff }
  h2 { margin: 2.5rem 0 0 } h3 { margin: 1.25rem 0 0.5rem; font-size: 1rem }
</style><h1>Coopnet: every page and state</h1>${parts.join('\n')}</html>\n`;
}

function figure({ scene, look, file }: Picture): string {
  return `<figure><a href="${file}"><img src="${file}" alt="${scene}, ${look}" loading="lazy"></a><figcaption>${look}</figcaption></figure>`;
}

function grouped(pictures: readonly Picture[], by: (picture: Picture) => string): [string, Picture[]][] {
  const groups = new Map<string, Picture[]>();
  for (const picture of pictures) {
    const group = groups.get(by(picture));
    if (group) group.push(picture);
    else groups.set(by(picture), [picture]);
  }
  return [...groups];
}
