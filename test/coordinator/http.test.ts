import { createHash } from 'node:crypto';
import { get as httpGet, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../coordinator/index.ts';
import { decodeSafetensors } from '../../protocol/model/safetensors.ts';
import { closeAll, type Hall, membership, openHall, SHAPES } from './support/hall.ts';

afterEach(closeAll);

const fetchFrom = (hall: Hall, path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${hall.coordinator.url}${path}`, init);
const jsonFrom = async (hall: Hall, path: string): Promise<unknown> => (await fetchFrom(hall, path)).json();

describe('health and identity', () => {
  it('answers what probes ask', async () => {
    const hall = await openHall();
    expect(await jsonFrom(hall, '/healthz')).toEqual({ status: 'ok' });
    expect(await jsonFrom(hall, '/readyz')).toEqual({ status: 'ready' });
    expect(await jsonFrom(hall, '/v1')).toEqual({
      name: 'cairn',
      version: '1.2.3',
      protocol: 1,
      suite: 1,
      connected: 0,
      tasks: ['toy'],
    });
  });

  it('sends the headers of a hardened server, and does not reveal its software', async () => {
    const { headers } = await fetchFrom(await openHall(), '/v1');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('serves the directory as it was signed', async () => {
    const response = await fetchFrom(await openHall(), '/v1/directory');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(membership.signed));
  });

  it('has no directory if all tasks are curious', async () => {
    const task = {
      name: 'toy',
      model: { tensors: SHAPES },
      rounds: 1,
      cohort: 4,
      adversary: 'curious',
      unsafeOpenEnrolment: true,
    };
    const hall = await openHall({}, { config: { directory: undefined, tasks: [task] } });
    expect((await fetchFrom(hall, '/v1/directory')).status).toBe(404);
  });
});

describe('tasks', () => {
  it('shows a task’s status and its reports', async () => {
    const hall = await openHall({ rounds: 7 });
    await Promise.all([1, 2, 3, 4].map((member) => hall.join(member)));
    await hall.coordinator.finished;
    const [status] = hall.coordinator.tasks;
    expect(status).toMatchObject({ task: 'toy', state: 'finished', round: 7, rounds: 7, parameters: 6, cohort: 4 });
    expect(await jsonFrom(hall, '/v1/tasks')).toEqual([status]);
    const reports = JSON.parse(JSON.stringify(hall.reports)) as unknown[];
    expect(reports).toHaveLength(7);
    expect(await jsonFrom(hall, '/v1/tasks/toy')).toEqual({ ...status, reports: reports.slice(2) });
    expect(await jsonFrom(hall, '/v1/tasks/toy/rounds')).toEqual(reports);
  });

  it('names what it does not have', async () => {
    const hall = await openHall();
    for (const path of ['/v1/tasks/none', '/v1/tasks/none/rounds']) {
      const response = await fetchFrom(hall, path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        code: 'task-unknown',
        message: 'there is no task with this name',
        hint: 'list the tasks at /v1/tasks',
      });
    }
  });
});

describe('models', () => {
  const open = async () => {
    const hall = await openHall();
    const { modelHash } = hall.coordinator.tasks[0]!;
    const path = `/v1/models/${modelHash}`;
    const whole = new Uint8Array(await (await fetchFrom(hall, path)).arrayBuffer());
    return { hall, modelHash, path, whole };
  };

  it('are served under their hash, for ever', async () => {
    const { hall, modelHash, path, whole } = await open();
    expect(createHash('sha256').update(whole).digest('hex')).toBe(modelHash);
    expect(decodeSafetensors(whole).tensors).toEqual(hall.coordinator.model('toy'));
    const { headers } = await fetchFrom(hall, path);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('etag')).toBe(`"${modelHash}"`);
    expect(headers.get('content-type')).toBe('application/octet-stream');
  });

  it('are not sent again to clients that have them', async () => {
    const { hall, modelHash, path } = await open();
    const response = await fetchFrom(hall, path, { headers: { 'if-none-match': `"${modelHash}"` } });
    expect(response.status).toBe(304);
    expect(await response.text()).toBe('');
  });

  it.each<[string, (length: number) => [number, number]]>([
    ['bytes=0-9', () => [0, 9]],
    ['bytes=10-', (length) => [10, length - 1]],
    ['bytes=-5', (length) => [length - 5, length - 1]],
    ['bytes=3-1000000', (length) => [3, length - 1]],
  ])('are served in part: %s', async (range, expected) => {
    const { hall, path, whole } = await open();
    const response = await fetchFrom(hall, path, { headers: { range } });
    const [start, end] = expected(whole.length);
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/${whole.length}`);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(whole.slice(start, end + 1));
  });

  it('refuse a range beyond their end', async () => {
    const { hall, path, whole } = await open();
    const response = await fetchFrom(hall, path, { headers: { range: 'bytes=100000-' } });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe(`bytes */${whole.length}`);
    expect(await response.json()).toMatchObject({ code: 'wire-bounds' });
  });

  it('are served whole to a request for a part of another version', async () => {
    const { hall, path, whole } = await open();
    const response = await fetchFrom(hall, path, { headers: { range: 'bytes=0-9', 'if-range': '"other"' } });
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBe(whole.length);
  });

  it('answer HEAD with only their length', async () => {
    const { hall, path, whole } = await open();
    const response = await fetchFrom(hall, path, { method: 'HEAD' });
    expect(response.headers.get('content-length')).toBe(String(whole.length));
    expect(await response.text()).toBe('');
  });

  it.each(['00'.repeat(32), 'abc', '..%2f..%2fetc%2fpasswd'])(
    'that do not exist are a JSON error: %s',
    async (hash) => {
      const response = await fetchFrom(await openHall(), `/v1/models/${hash}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'refused', message: 'there is no model with this hash' });
    },
  );
});

describe('errors', () => {
  it('are JSON, and show nothing of the inside', async () => {
    class BrokenStore extends MemoryStore {
      override listRounds(): Promise<never> {
        return Promise.reject(new Error('secret detail at /home/somebody'));
      }
    }
    const hall = await openHall({}, { store: new BrokenStore() });
    const response = await fetchFrom(hall, '/v1/tasks/toy/rounds');
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'internal' });
    expect(text).not.toMatch(/secret detail|\.ts:|\n/);
    expect(hall.faults).toMatchObject([{ code: 'internal' }]);
    expect(hall.lines.join('')).not.toContain('secret detail');
  });

  it('for addresses and methods that are not there', async () => {
    const hall = await openHall();
    expect((await fetchFrom(hall, '/v1/nothing')).status).toBe(404);
    expect((await fetchFrom(hall, '/v1/tasks', { method: 'POST' })).status).toBe(405);
    expect(await jsonFrom(hall, '/')).toMatchObject({ code: 'refused', hint: 'see /v1 for what is available' });
  });

  it('for an address that cannot be decoded', async () => {
    const hall = await openHall();
    const status = await new Promise((resolve, reject) => {
      httpGet(`${hall.coordinator.url}/v1/tasks/%E0%A4%A`, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(400);
    expect(hall.faults).toEqual([]);
  });

  it('for requests with a body: none is read', async () => {
    const hall = await openHall();
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        `${hall.coordinator.url}/v1`,
        { method: 'GET', headers: { 'content-length': '3' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sent.on('error', reject);
      sent.end('{]]');
    });
    expect(status).toBe(413);
  });
});

describe('metrics', () => {
  it('count rounds, bytes and drops, and name no member', async () => {
    const hall = await openHall({ cohort: 5, deadlines: { shareKeys: 0.2 } });
    const silent = { send: (name: string, bytes: Uint8Array) => (name === 'shareKeys' ? undefined : bytes) };
    await Promise.all([1, 2, 3, 4, 5].map((member) => hall.join(member, member === 5 ? silent : {})));
    await hall.coordinator.finished;
    const text = await (await fetchFrom(hall, '/metrics')).text();
    expect(text).toContain('cairn_rounds_total{task="toy",outcome="committed"} 1');
    expect(text).toContain('cairn_members_connected 5');
    expect(text).toContain('cairn_round_included{task="toy"} 4');
    expect(text).toContain(`cairn_round_bytes_total{task="toy",direction="up"} ${hall.reports[0]!.bytesUp}`);
    expect(text).toContain(
      'cairn_drops_total{task="toy",state="share-keys",reason="deadline-missed",effect="before-input"} 1',
    );
    expect(text).toMatch(/cairn_state_seconds_count\{task="toy",state="masked-input"\} 1/);
    expect(text).not.toContain('member="');
  });
});
