import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { CairnError } from '../../protocol/errors.ts';
import { addressKey, type AddressRule } from '../limits/address.ts';
import { sendError } from './errors.ts';

/** A limit on requests. */
export interface RequestLimit {
  /** Requests per minute from one address. */
  readonly perMinute: number;
  readonly addresses: AddressRule;
  /** Requests that are not counted. */
  readonly skip?: (request: Request) => boolean;
  readonly onRefused: (error: CairnError) => void;
}

/** Answers requests over a limit with status 429, the time to wait in `Retry-After`, and our error. */
export function limitRequests({ perMinute, addresses, skip, onRefused }: RequestLimit): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    keyGenerator: (request) => addressKey(request, addresses),
    ...(skip === undefined ? {} : { skip }),
    // Its checks look for uses of Express's own `req.ip`, and write to the console.
    validate: false,
    handler: (_request, response) => {
      const error = new CairnError('rate-limited', `more than ${perMinute} requests per minute came from this address`);
      onRefused(error);
      sendError(response, 429, error);
    },
  });
}

/** Refuses requests with a body: none is read here, and an unread body would hold the connection. */
export const noBody: RequestHandler = (request, response, next) => {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && Number(length) === 0) {
    next();
    return;
  }
  response.set('connection', 'close');
  sendError(response, 413, new CairnError('refused', 'requests with a body are not accepted', { hint: 'see /v1' }));
};
