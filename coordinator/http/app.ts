import express, { type Express, type Request, type RequestHandler } from 'express';
import helmet from 'helmet';
import { DEFAULT_SUITE, PROTOCOL_VERSION } from '../../protocol/crypto/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import type { Addresses } from '../addresses.ts';
import type { CoordinatorMetrics } from '../metrics.ts';
import type { TaskStatus } from '../rounds/index.ts';
import type { Origins } from '../origins.ts';
import type { Store } from '../store/index.ts';
import { errorHandler, notFound, sendError } from './errors.ts';
import type { AddressRule } from '../limits/address.ts';
import { ownHost } from './host.ts';
import { limitRequests, noBody } from './limit.ts';
import { serveModel } from './models.ts';
import { shownWhere } from './redact.ts';

/** Number of reports in a task's status; all are at `/rounds`. */
const LAST_REPORTS = 5;

/** What the API shows. */
export interface HttpOptions {
  readonly store: Store;
  readonly metrics: CoordinatorMetrics;
  /** Version of the package. */
  readonly version: string;
  /** Whether rounds can be run. */
  readonly ready: () => boolean;
  readonly tasks: () => readonly TaskStatus[];
  readonly connected: () => number;
  /** Whether a task draws its members at random: then no task shows how many members it has, or which. */
  readonly draws: boolean;
  /** The member directory as it was signed; undefined if there is none. */
  readonly directory: () => Uint8Array | undefined;
  readonly addresses: Addresses;
  readonly origins: Origins;
  readonly limits: AddressRule & { readonly requestsPerMinute: number; readonly downloadsPerMinute: number };
  /** Minimum speed of a download, which is that of an upload. */
  readonly uploads: { readonly stallMs: number; readonly minBytesPerSecond: number };
  /** A request was refused, such as one over the rate limit. */
  readonly onRefused: (error: CairnError) => void;
  readonly onFault: (error: CairnError) => void;
}

/** The read-only HTTP API: health, status, models, directory and metrics. No request has a body. */
export function createApp(options: HttpOptions): Express {
  const { store, metrics, version, origins, limits, onRefused } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', false);
  app.use(helmet());
  const { requestsPerMinute, downloadsPerMinute } = limits;
  const limited = (perMinute: number, skip?: (request: Request) => boolean): RequestHandler =>
    limitRequests({ perMinute, addresses: limits, onRefused, ...(skip === undefined ? {} : { skip }) });
  // Health checks come often, and their answers reveal nothing else.
  app.use(limited(requestsPerMinute, ({ path }) => path === '/healthz' || path === '/readyz'));
  app.use(noBody);
  // After the limit, which also applies to requests for other hosts.
  app.use(ownHost(options.addresses, limits.trustProxy, onRefused));
  const download = limited(downloadsPerMinute);
  const shown = shownWhere(options.draws);
  const find = (name: string): TaskStatus | undefined => options.tasks().find(({ task }) => task === name);

  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    const ready = options.ready();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready' });
  });
  app.get('/metrics', async (_request, response) => {
    response.set('content-type', metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  app.use('/v1', (request, response, next) => {
    response.set('cache-control', 'no-store').vary('Origin');
    const origin = request.get('origin');
    // Nothing else is needed: a client sends only simple requests, which need no preflight.
    if (origin !== undefined && origins.lists(origin)) {
      response.set('access-control-allow-origin', origin);
      // Headers that an interrupted download needs to continue.
      response.set('access-control-expose-headers', 'content-range, retry-after');
    }
    next();
  });
  app.get('/v1', (_request, response) => {
    response.json({
      name: 'cairn',
      version,
      protocol: PROTOCOL_VERSION,
      suite: DEFAULT_SUITE,
      connected: options.connected(),
      tasks: options.tasks().map(({ task }) => task),
    });
  });
  app.get('/v1/tasks', (_request, response) => void response.json(options.tasks().map(shown.status)));
  app.get('/v1/tasks/:task', async (request, response) => {
    const status = find(request.params.task);
    if (status === undefined) {
      sendError(response, 404, unknownTask());
      return;
    }
    const reports = await store.listRounds(status.task);
    response.json({ ...shown.status(status), reports: reports.slice(-LAST_REPORTS).map(shown.report) });
  });
  app.get('/v1/tasks/:task/rounds', async (request, response) => {
    const status = find(request.params.task);
    if (status === undefined) sendError(response, 404, unknownTask());
    else response.json((await store.listRounds(status.task)).map(shown.report));
  });
  app.get(
    '/v1/models/:hash',
    download,
    serveModel(store, options.uploads, (bytes) => metrics.modelServed(bytes)),
  );
  app.get('/v1/directory', download, (_request, response) => {
    const directory = options.directory();
    if (directory === undefined) {
      sendError(
        response,
        404,
        new CairnError('refused', 'this coordinator has no member directory', {
          hint: 'its tasks take guests, without identities; see /v1/tasks',
        }),
      );
      return;
    }
    response.set('content-type', 'application/octet-stream').send(Buffer.from(directory));
  });
  app.use(notFound);
  app.use(errorHandler(options.onFault));
  return app;
}

const unknownTask = (): CairnError => new CairnError('task-unknown', 'there is no task with this name');
