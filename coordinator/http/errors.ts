import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { asCairnError, CairnError } from '../../protocol/errors.ts';

/** Sends an error as JSON: code, message and hint. Never a stack, and never the message of a foreign error. */
export function sendError(response: Response, status: number, error: CairnError): void {
  const { code, message, hint } = error;
  response.status(status).set('cache-control', 'no-store').json({ code, message, hint });
}

/** Handles every path that is not part of the API. */
export const notFound: RequestHandler = (request, response) => {
  const readable = request.method === 'GET' || request.method === 'HEAD';
  const error = readable
    ? new CairnError('refused', 'there is nothing at this address', { hint: 'see /v1 for what is available' })
    : new CairnError('refused', 'only GET and HEAD are answered here', { hint: 'rounds are run over the socket' });
  sendError(response, readable ? 404 : 405, error);
};

const statusOf = (thrown: unknown): number => {
  const status: unknown =
    typeof thrown === 'object' && thrown !== null && 'status' in thrown ? thrown.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
};

/** Handles errors thrown by handlers. @param onFault called with errors that are the coordinator's fault */
export function errorHandler(onFault: (error: CairnError) => void): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const status = statusOf(thrown);
    if (status < 500) {
      sendError(
        response,
        status,
        new CairnError('refused', 'the request could not be understood', { hint: 'see /v1' }),
      );
      return;
    }
    onFault(asCairnError(thrown));
    sendError(
      response,
      500,
      new CairnError('internal', 'unexpected internal error; the coordinator’s log has the code'),
    );
  };
}
