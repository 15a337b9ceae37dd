/** A small PDF of several pages, made by hand: on each a colour, a frame, and its words in a font that the file does not carry. */
export interface Sheet {
  words: string;
  /** Red, green and blue, 0 to 1. */
  colour: readonly [number, number, number];
}

export function pdf(sheets: readonly Sheet[]): Buffer {
  const kids = sheets.map((_, i) => `${4 + 2 * i} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${sheets.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  sheets.forEach(({ words, colour }, i) => {
    const drawing = [
      `${colour.join(' ')} rg 0 0 400 300 re f`,
      '0 0 0 RG 4 w 20 20 360 260 re S',
      `0 0 0 rg BT /F1 28 Tf 60 220 Td (${words}) Tj ET`,
    ].join('\n');
    objects.push(
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] ' +
        `/Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * i} 0 R >>`,
      `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
    );
  });
  let text = '%PDF-1.4\n';
  const places = objects.map((object, i) => {
    const at = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const table = text.length;
  text +=
    `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}` +
    `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}
