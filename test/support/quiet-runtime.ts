import { DefaultLogger, Runtime } from '@temporalio/worker';

// The SDK reports every bundle, worker and poller on standard error: in a test run only its errors are of interest.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR' } },
});
