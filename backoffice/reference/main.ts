import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { startReferenceServer } from './server.ts';

const rate = z.coerce.number().min(0).max(1).default(0);
const milliseconds = z.coerce.number().min(0).default(0);

const environment = z
  .object({
    /** 0 for any free port. */
    BACKOFFICE_PORT: z.coerce.number().int().min(0).max(65_535).default(3100),
    BACKOFFICE_HOST: z.string().default('127.0.0.1'),
    BACKOFFICE_DB: z.string().min(1).default('backoffice.db'),
    BACKOFFICE_API_KEY: z.string().min(1).optional(),
    /** File that holds the key; the variable wins. */
    BACKOFFICE_API_KEY_FILE: z.string().min(1).optional(),
    BACKOFFICE_LATENCY_MS: milliseconds,
    BACKOFFICE_JITTER_MS: milliseconds,
    BACKOFFICE_ERROR_RATE: rate,
    BACKOFFICE_LOSE_ANSWERS: rate,
    BACKOFFICE_ABSENT: z.stringbool().default(false),
  })
  .transform((values, context) => {
    const apiKey = values.BACKOFFICE_API_KEY ?? readKey(values.BACKOFFICE_API_KEY_FILE);
    if (apiKey.length < 8) {
      const message = 'give a key of at least 8 characters, here or in the file that BACKOFFICE_API_KEY_FILE names';
      context.addIssue({ code: 'custom', path: ['BACKOFFICE_API_KEY'], message });
    }
    return { ...values, apiKey };
  })
  .safeParse(process.env);

if (!environment.success) {
  const places = environment.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  console.error(`The back office cannot start. ${places.join('; ')}`);
  process.exit(2);
}

const settings = environment.data;
const server = await startReferenceServer({
  apiKey: settings.apiKey,
  databasePath: settings.BACKOFFICE_DB,
  port: settings.BACKOFFICE_PORT,
  host: settings.BACKOFFICE_HOST,
  switches: {
    latencyMs: settings.BACKOFFICE_LATENCY_MS,
    jitterMs: settings.BACKOFFICE_JITTER_MS,
    errorRate: settings.BACKOFFICE_ERROR_RATE,
    loseAnswers: settings.BACKOFFICE_LOSE_ANSWERS,
    absent: settings.BACKOFFICE_ABSENT,
  },
});

// One line for whoever started it: with port 0 nobody else knows where it listens.
console.log(JSON.stringify({ url: server.url, pid: process.pid }));

// `disconnect`: whoever started it is gone, however that went.
for (const end of ['SIGTERM', 'SIGINT', 'disconnect']) {
  process.once(end, () => void server.close());
}
// Listening must not keep the process alive once the server is closed.
process.channel?.unref();

function readKey(file: string | undefined): string {
  return file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}
