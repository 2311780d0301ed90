import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as vite, createLogger } from 'vite';

const HTML =
  '<!doctype html><title>loading</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

/** Bundles a page's script by esbuild. @returns what it complained of */
export async function byEsbuild(project: string, entry: string, out: string): Promise<readonly string[]> {
  const { warnings, errors } = await esbuild({
    ...{ absWorkingDir: project, entryPoints: { page: entry }, outdir: out, logLevel: 'silent' },
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
  });
  return [...errors, ...warnings].map(({ text }) => text);
}

/** Bundles a page's script by Vite. @returns what it complained of, such as parts of Node that it left out */
export async function byVite(project: string, entry: string, out: string): Promise<readonly string[]> {
  const complaints: string[] = [];
  const complain = (text: string): void => void complaints.push(text);
  const logger = { ...createLogger('silent'), warn: complain, warnOnce: complain, error: complain };
  await vite({
    ...{ root: project, configFile: false, logLevel: 'silent', customLogger: logger },
    build: {
      ...{ outDir: out, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 10_000 },
      rolldownOptions: { input: join(project, entry), output: { entryFileNames: 'page.js' } },
    },
  });
  return complaints;
}

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.html': 'text/html' };

/** Serves a folder of scripts with a page around its page.js. */
export async function serve(folder: string): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    const content = path === '/index.html' ? Promise.resolve(HTML) : readFile(join(folder, path));
    content.then(
      (body) => response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
