import { createReadStream } from 'node:fs';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Plugin } from 'vite';

const folders = ['cmaps', 'standard_fonts'];
/** What decodes rare images; the content security policy lets no WebAssembly run. */
const scripts = /_nowasm_fallback\.js$|^LICENSE_(JBIG2|OPENJPEG|PDFJS_JBIG2|PDFJS_OPENJPEG)$/;

/** Puts what PDF files may need beside the portal, as /pdfjs/…: fetched when one of them does. */
export function pdfjs(): Plugin {
  let root = '.';
  let outDir = 'dist';
  const from = () => join(root, 'node_modules/pdfjs-dist');
  return {
    name: 'coopnet:pdfjs',
    configResolved(config) {
      root = config.root;
      outDir = join(config.root, config.build.outDir);
    },
    configureServer(server) {
      server.middlewares.use('/pdfjs', (request, response, next) => {
        const [, folder = '', file = ''] = (request.url ?? '').split('/');
        if (![...folders, 'wasm'].includes(folder)) return next();
        const script = file.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
        response.setHeader('Content-Type', script);
        return createReadStream(join(from(), folder, basename(file)))
          .on('error', next)
          .pipe(response);
      });
    },
    async writeBundle() {
      const to = join(outDir, 'pdfjs');
      for (const folder of folders) {
        await cp(join(from(), folder), join(to, folder), { recursive: true });
      }
      await mkdir(join(to, 'wasm'), { recursive: true });
      for (const file of await readdir(join(from(), 'wasm'))) {
        if (scripts.test(file)) await cp(join(from(), 'wasm', file), join(to, 'wasm', file));
      }
    },
  };
}
