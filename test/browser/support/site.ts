import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const sourceOf = (name: string): string => fileURLToPath(new URL(`../pages/${name}.ts`, import.meta.url));

const PAGE = `<!doctype html><title>Cairn</title><link rel="icon" href="data:,">
<script type="module" src="/page.js"></script>`;

/** A script and all that it imports, as one file for browsers. */
async function bundle(name: string): Promise<string> {
  const build = await rolldown({ input: sourceOf(name), platform: 'browser', logLevel: 'silent' });
  const { output } = await build.generate({ format: 'es', codeSplitting: false });
  await build.close();
  return output[0].code;
}

/** Small servers of one page, each of which is an origin of its own. */
export class Site {
  readonly #files: ReadonlyMap<string, readonly [string, string]>;
  readonly #servers: Server[] = [];

  private constructor(files: ReadonlyMap<string, readonly [string, string]>) {
    this.#files = files;
  }

  static async create(): Promise<Site> {
    const [page, worker] = await Promise.all([bundle('page'), bundle('worker')]);
    return new Site(
      new Map([
        ['/', ['text/html', PAGE]],
        ['/page.js', ['text/javascript', page]],
        ['/worker.js', ['text/javascript', worker]],
      ]),
    );
  }

  /** Serves the page on a port of its own. @returns the port */
  async serve(): Promise<number> {
    const server = createServer((request, response) => {
      const [type, body] = this.#files.get(request.url ?? '') ?? [];
      if (type === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  close(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}
