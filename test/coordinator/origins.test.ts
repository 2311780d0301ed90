import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../coordinator/config/index.ts';
import { errorOf } from './support/errors.ts';
import { closeAll, type Hall, openHall } from './support/hall.ts';

afterEach(closeAll);

const PAGE = 'https://page.example';
const OTHER = 'https://other.example';

const openFor = (...allowedOrigins: string[]): Promise<Hall> => openHall({}, { config: { allowedOrigins } });
const own = ({ coordinator }: Hall): string => `http://127.0.0.1:${coordinator.port}`;

/** The status with which the coordinator answers a request for a websocket. */
function knock(hall: Hall, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${own(hall)}/socket.io/?EIO=4&transport=websocket`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        ...headers,
      },
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the API', () => {
  it.each(['/v1', '/v1/tasks', '/v1/directory', '/v1/models/none'])(
    'lets listed pages read %s, and no others',
    async (path) => {
      const hall = await openFor('http://localhost:5173', PAGE);
      const allowed = async (origin: string): Promise<string | null> => {
        const { headers } = await fetch(`${own(hall)}${path}`, { headers: { origin } });
        expect(headers.get('vary')).toContain('Origin');
        return headers.get('access-control-allow-origin');
      };
      expect(await allowed(PAGE)).toBe(PAGE);
      expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173');
      for (const origin of [OTHER, 'http://page.example', `${PAGE}.evil.example`, 'null']) {
        expect(await allowed(origin)).toBeNull();
      }
    },
  );

  it('lets no page of another address read anything unless one is listed, and metrics never', async () => {
    const bare = await openFor();
    expect(
      (await fetch(`${own(bare)}/v1`, { headers: { origin: PAGE } })).headers.get('access-control-allow-origin'),
    ).toBeNull();
    const hall = await openFor(PAGE);
    const { headers } = await fetch(`${own(hall)}/metrics`, { headers: { origin: PAGE } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the socket', () => {
  it('is opened to programs, to the coordinator’s own pages, and to listed ones', async () => {
    const hall = await openFor(PAGE);
    expect(await knock(hall, {})).toBe(101);
    expect(await knock(hall, { origin: own(hall) })).toBe(101);
    expect(await knock(hall, { origin: own(hall).replace('127.0.0.1', 'localhost') })).toBe(101);
    expect(await knock(hall, { origin: PAGE })).toBe(101);
  });

  it.each([OTHER, 'http://page.example', `${PAGE}:8443`, 'null', 'nonsense', 'http://127.0.0.1:1'])(
    'is refused to a page of %s, and that is counted',
    async (origin) => {
      const hall = await openFor(PAGE);
      expect(await knock(hall, { origin })).toBe(400);
      expect(hall.lines.some((line) => line.includes('connection-refused') && line.includes('"refused"'))).toBe(true);
      expect(hall.members).toEqual([]);
    },
  );

  it('is refused to a page whose host name merely points at this machine, as in DNS rebinding', async () => {
    const hall = await openFor();
    const host = `rebound.example:${hall.coordinator.port}`;
    expect(await knock(hall, { origin: `http://${host}`, host })).toBe(421);
    // The origin alone would be enough.
    expect(await knock(hall, { origin: `http://${host}` })).toBe(400);
  });

  it('is opened to pages from the addresses that the operator configures, and then to no others', async () => {
    const hall = await openHall({}, { config: { publicUrls: ['https://cairn.example/fl/'] } });
    expect(await knock(hall, { origin: 'https://cairn.example' })).toBe(101);
    for (const origin of ['http://cairn.example', 'https://cairn.example:8443', 'chrome-extension://cairn.example'])
      expect(await knock(hall, { origin, host: 'cairn.example' })).toBe(400);
    expect(await knock(hall, { origin: own(hall) })).toBe(400);
  });

  it('is refused to every page from another address if none is listed', async () => {
    expect(await knock(await openFor(), { origin: PAGE })).toBe(400);
  });
});

describe('allowedOrigins', () => {
  const task = {
    name: 'toy',
    rounds: 1,
    cohort: 4,
    model: { tensors: { w: [1] } },
    adversary: 'curious',
    unsafeOpenEnrolment: true,
  };
  const parse = (allowedOrigins: unknown) => parseConfig({ tasks: [task], allowedOrigins });

  it('is empty by default', () => {
    expect(parseConfig({ tasks: [task] }).allowedOrigins).toEqual([]);
    expect(parse([PAGE, 'http://[::1]:5173']).allowedOrigins).toEqual([PAGE, 'http://[::1]:5173']);
  });

  it.each([
    ['*'],
    ['null'],
    ['page.example'],
    ['https://page.example/'],
    ['https://page.example/join'],
    ['https://Page.example'],
    ['https://page.example:443'],
    ['https://*.example'],
    ['file:///tmp'],
    [7],
  ])('refuses %s, which no browser would send', (entry) => {
    const error = errorOf(() => parse([entry]));
    expect(error.code).toBe('config-invalid');
    expect(error.message).toContain('allowedOrigins[0]');
  });
});
