import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';

const FOLDER = fileURLToPath(new URL('../../web/manual-entry/', import.meta.url));

/** The page on which people type orders. It is static: what it knows and sends goes over the API. */
export function serveManualEntry(app: Express): void {
  app.get('/orders/new', (_request, response) =>
    response.sendFile('index.html', { root: FOLDER, cacheControl: false }),
  );
  app.use('/assets/manual-entry', express.static(FOLDER, { index: false, cacheControl: false }));
}
