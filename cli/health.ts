/**
 * Whether a program is well, for the health check of its container: `node cli/health.ts URL [TEXT]` ends with 0 if the URL
 * answers with success, and its answer holds the text.
 */
const TIMEOUT_MS = 4000;

const [url, text = ''] = process.argv.slice(2);
if (url === undefined) {
  console.error('name what to ask: node cli/health.ts URL [TEXT]');
  process.exit(2);
}

async function isWell(address: string): Promise<boolean> {
  const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return response.ok && (await response.text()).includes(text);
}

process.exitCode = (await isWell(url).catch(() => false)) ? 0 : 1;
