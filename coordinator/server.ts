import type { Primitives, RandomSource } from '../protocol/crypto/index.ts';
import { Addresses } from './addresses.ts';
import { drawsMembers } from './config/index.ts';
import { Gateway, type Seats } from './gateway/index.ts';
import { createApp } from './http/app.ts';
import { createListener, type Listener } from './http/listen.ts';
import { AdmissionControl } from './limits/admission-control.ts';
import type { CoordinatorOptions } from './options.ts';
import { Origins } from './origins.ts';
import type { Resources } from './resources.ts';
import type { TaskStatus } from './rounds/index.ts';
import type { Telemetry } from './telemetry.ts';

/** A coordinator's state, for the HTTP API. */
export interface Readiness {
  /** Whether rounds can be run. */
  readonly ready: () => boolean;
  readonly tasks: () => readonly TaskStatus[];
}

/** What a coordinator's server needs besides its options. */
export interface ServerParts {
  readonly resources: Resources;
  readonly telemetry: Telemetry;
  readonly seats: Seats;
  readonly readiness: Readiness;
  readonly primitives: Primitives;
  readonly random: RandomSource;
  /** How many long messages are assembled at a time, and the size of the longest in bytes. */
  readonly uploads: { readonly atOnce: number; readonly largest: number };
}

/** How clients reach a coordinator: its HTTP server, and the gateway to its rounds. */
export interface CoordinatorServer {
  readonly listener: Listener;
  readonly gateway: Gateway;
}

/** Builds the HTTP server and the gateway. Nothing listens yet. */
export function createCoordinatorServer(
  { config, version }: CoordinatorOptions,
  parts: ServerParts,
): CoordinatorServer {
  const { resources, telemetry, seats, readiness, primitives, random, uploads } = parts;
  const { store, tls, members } = resources;
  const { publicUrls, host } = config;
  const addresses = new Addresses({ publicUrls, host, scheme: tls === undefined ? 'http' : 'https' });
  const origins = new Origins(config.allowedOrigins, addresses);
  const limits = { ...config.limits, trustProxy: config.trustProxy };
  const app = createApp({
    ...readiness,
    store,
    metrics: telemetry.metrics,
    version: version ?? 'unknown',
    connected: () => seats.connected,
    draws: config.tasks.some(drawsMembers),
    directory: () => members.signed,
    addresses,
    origins,
    limits,
    uploads: config.uploads,
    onRefused: ({ code }) => telemetry.refused('request', code),
    onFault: (error) => telemetry.fault(error),
  });
  const listener = createListener(
    app,
    {
      ...limits,
      connections: 2 * limits.connections,
      connectionsPerAddress: limits.trustProxy > 0 ? undefined : 2 * limits.connectionsPerAddress,
      onRefused: () => telemetry.refused('connection', 'rate-limited'),
    },
    tls,
  );
  const gateway = new Gateway({
    http: listener.server,
    seats,
    origins,
    primitives,
    random,
    members,
    tasks: config.tasks.map(({ name }) => name),
    addresses,
    trustProxy: limits.trustProxy,
    uploads: uploads.atOnce,
    uploadStallMs: config.uploads.stallMs,
    minUploadRate: config.uploads.minBytesPerSecond,
    helloTimeoutMs: limits.helloTimeoutMs,
    entrance: new AdmissionControl(limits, uploads.largest),
    onRefused: (what, code, member) => telemetry.refused(what, code, member),
    onTaken: (size, member) => telemetry.log.trace('message-taken', { member, size }),
  });
  return { listener, gateway };
}
