import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemName, PROBLEMS, toProblemBody } from './problem.ts';

/** What Node's HTTP parser ends a connection for, by its code. @see https://nodejs.org/api/http.html#event-clienterror */
const KINDS: Readonly<Record<string, readonly [ProblemName, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'the request line and headers are larger than is taken here'],
  ERR_HTTP_REQUEST_TIMEOUT: ['too-slow', 'the rest of the request did not arrive in time; send it again'],
};

/** Answers what is no HTTP request, or never becomes a whole one, as a problem too; Node would send an empty answer. */
export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // After an earlier answer on this connection there is no telling whether a later one is under way.
    if (!socket.writable || ('bytesWritten' in socket && socket.bytesWritten !== 0)) socket.destroy();
    else answer(socket, ...(KINDS[error.code ?? ''] ?? ['invalid-request', 'this is no HTTP request']));
  });
}

function answer(socket: Duplex, kind: ProblemName, detail: string): void {
  const { status } = PROBLEMS[kind];
  const body = JSON.stringify(toProblemBody(new Problem(kind, detail), randomUUID()));
  const headers = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    'Connection: close',
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
