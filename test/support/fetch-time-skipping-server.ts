import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadBySdk } from '../../cli/engine/download-by-sdk.ts';
import type { Way } from '../../cli/engine/fetch-once.ts';
import { fetchOnce, getCacheDir, isExecutable } from '../../cli/engine/fetch-once.ts';
import { runProgram } from '../../cli/engine/run-program.ts';

const VERSION = '1.35.0';

/**
 * Fetches the time-skipping test server if it is not in the cache.
 *
 * @returns the path of its program
 * @throws Error saying what was tried
 */
export const fetchTimeSkippingServer = async (): Promise<string> => {
  const path = join(getCacheDir(process.env), `temporal-test-server-${VERSION}`, 'temporal-test-server');
  if (!(await isExecutable(path))) {
    await fetchOnce(path, [downloadBySdk('time-skipping', process.env), assembleWithMaven], console.error);
  }
  return path;
};

/** The same server as a Java program: its jars from a Maven repository, behind a script that starts it. */
const assembleWithMaven: Way = {
  name: `Maven, io.temporal:temporal-test-server:${VERSION}`,
  make: async (directory, programName) => {
    await runProgram('java', ['-version'], { timeoutMs: 30_000 });
    await writeFile(join(directory, 'pom.xml'), POM);
    await runProgram(
      'mvn',
      ['--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'],
      { cwd: directory, timeoutMs: 10 * 60_000 },
    );
    await writeFile(join(directory, programName), SCRIPT, { mode: 0o755 });
  },
};

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>order-staging</groupId>
  <artifactId>time-skipping</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

/** The SDK calls it as it calls the native server: the port first, then options that are the native server's own. */
const SCRIPT = `#!/bin/sh
# Quick to start matters more than quick to run: a test lives for seconds.
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$1"
`;
