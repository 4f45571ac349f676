import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a running stack can be reached: for other commands on the same folder. */
export interface Running {
  /** Of the process that keeps it. */
  readonly pid: number;
  readonly gatewayUrl: string;
}

/** Leaves word of a running stack in its folder. */
export function noteRunning(varDir: string, running: Running): void {
  writeFileSync(pathIn(varDir), `${JSON.stringify(running)}\n`);
}

export function forgetRunning(varDir: string): void {
  rmSync(pathIn(varDir), { force: true });
}

/** The stack that runs on this folder, if one does. */
export function findRunning(varDir: string): Running | undefined {
  if (!existsSync(pathIn(varDir))) return undefined;
  const running = JSON.parse(readFileSync(pathIn(varDir), 'utf8')) as Running;
  return isAlive(running.pid) ? running : undefined;
}

/** @throws Error if a stack runs on this folder already: two would work on the same files */
export async function requireNoOther(varDir: string): Promise<void> {
  const other = findRunning(varDir);
  if (!other || other.pid === process.pid) return;
  // Another process may have its number by now.
  const health = await fetch(`${other.gatewayUrl}/healthz`, { signal: AbortSignal.timeout(2000) }).catch(
    () => undefined,
  );
  if (!health?.ok) return;
  const where = `${other.gatewayUrl} (process ${other.pid})`;
  throw new Error(`it runs already, at ${where}: use that one, or end it first, or set VAR_DIR to another folder`);
}

function pathIn(varDir: string): string {
  return join(varDir, 'running.json');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
