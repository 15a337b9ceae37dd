import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const compress = promisify(gzip);
const compressible = /\.(m?js|css|html|svg|json|txt|webmanifest)$/;

/** Writes FILE.gz beside every text asset, so that the server never compresses on a request. */
export function precompress(): Plugin {
  let outDir = 'dist';
  return {
    name: 'coopnet:precompress',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      const entries = await readdir(outDir, { recursive: true, withFileTypes: true });
      for (const entry of entries) {
        if (!entry.isFile() || !compressible.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const packed = await compress(await readFile(path), {
          level: constants.Z_BEST_COMPRESSION,
        });
        await writeFile(`${path}.gz`, packed);
      }
    },
  };
}
