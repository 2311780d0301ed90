import type { RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import { CairnError } from '../../protocol/errors.ts';
import type { Addresses } from '../addresses.ts';
import { sendError } from './errors.ts';

/** Misdirected Request (RFC 9110 section 15.5.20): this server does not answer for that host. */
const MISDIRECTED = 421;
const TOO_MANY = 429;

/**
 * Whether a request is for this coordinator, by its Host header and, behind a trusted proxy, by the host that the proxy
 * reports. No page can make a browser send `X-Forwarded-Host` without asking the server first.
 */
export function isOurs(request: IncomingMessage, addresses: Addresses, trustProxy: number): boolean {
  const { host, 'x-forwarded-host': forwarded } = request.headers;
  const behind = trustProxy === 0 ? [] : [forwarded ?? []].flat().flatMap((hosts) => hosts.split(','));
  return [host, ...behind.map((name) => name.trim())].every((name) => addresses.hasHost(name, request.socket));
}

/** The answer to a request for another host. It does not repeat that host, which the requester chose. */
const foreignHost = (): CairnError =>
  new CairnError('coordinator-address', 'the requested host is not one of this coordinator’s', {
    hint: 'use the coordinator’s own address, or have its operator add this one to publicUrls',
  });

/** Answers requests for other hosts with status 421, without revealing anything about the coordinator. */
export function ownHost(
  addresses: Addresses,
  trustProxy: number,
  onRefused: (error: CairnError) => void,
): RequestHandler {
  return (request, response, next) => {
    if (isOurs(request, addresses, trustProxy)) {
      next();
      return;
    }
    const error = foreignHost();
    onRefused(error);
    sendError(response, MISDIRECTED, error);
  };
}

/** Why a websocket is not opened, if the status tells: every other reason has status 400. */
export type Unopened = 'coordinator-address' | 'rate-limited';

/**
 * The answer to a websocket that is not opened, as bytes, since there is no response object to write it with. Behind a
 * proxy that does not forward websockets, the library answers with 400: these reasons have other statuses.
 */
export function unopened(why: Unopened): string {
  const [status, error] =
    why === 'coordinator-address'
      ? [`${MISDIRECTED} Misdirected Request`, foreignHost()]
      : [`${TOO_MANY} Too Many Requests`, new CairnError('rate-limited', 'there are too many connections')];
  const { code, message, hint } = error;
  const body = JSON.stringify({ code, message, hint });
  const headers = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}
