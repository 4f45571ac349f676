import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import { Problem } from '../problem.ts';

const FOLDER = fileURLToPath(new URL('../../web/manual-entry/', import.meta.url));

/** The page on which people type orders. It is static: what it knows and sends goes over the API. */
export function serveManualEntry(app: Express): void {
  app
    .route('/orders/new')
    .get((_request, response) => response.sendFile('index.html', { root: FOLDER, cacheControl: false }))
    .all(() => {
      throw new Problem('method-not-allowed', 'this path takes GET, HEAD', {}, { Allow: 'GET, HEAD' });
    });
  app.use('/assets/manual-entry', express.static(FOLDER, { index: false, redirect: false, cacheControl: false }));
}
