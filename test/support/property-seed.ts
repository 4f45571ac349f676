import fc from 'fast-check';

/**
 * On a build server property tests try the same cases each time, so that a build says something about the change alone;
 * everywhere else they try new ones, and a failure prints the seed to try again with.
 */
if (process.env['CI'] !== undefined) fc.configureGlobal({ seed: 20_261_123 });
