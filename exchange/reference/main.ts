import { z } from 'zod';
import { startReferenceIntegration } from './server.ts';

const environment = z
  .object({
    /** 0 for any free port. */
    INTEGRATION_PORT: z.coerce.number().int().min(0).max(65_535).default(3200),
    INTEGRATION_HOST: z.string().default('127.0.0.1'),
    INTEGRATION_API_KEY: z.string().min(8),
    /** What notices to it are signed with; without it takes none. */
    INTEGRATION_NOTIFY_SECRET: z.string().startsWith('whsec_').optional(),
  })
  .safeParse(process.env);

if (!environment.success) {
  const places = environment.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  console.error(`The integration cannot start. ${places.join('; ')}`);
  process.exit(2);
}

const secret = environment.data.INTEGRATION_NOTIFY_SECRET;
const server = await startReferenceIntegration({
  apiKey: environment.data.INTEGRATION_API_KEY,
  ...(secret !== undefined && { notifySecret: secret }),
  port: environment.data.INTEGRATION_PORT,
  host: environment.data.INTEGRATION_HOST,
});

// One line for whoever started it: with port 0 nobody else knows where it listens.
console.log(JSON.stringify({ url: server.url, pid: process.pid }));

// `disconnect`: whoever started it is gone, however that went.
for (const end of ['SIGTERM', 'SIGINT', 'disconnect']) {
  process.once(end, () => void server.close());
}
// Listening must not keep the process alive once the server is closed.
process.channel?.unref();
