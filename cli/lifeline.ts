/**
 * Ties a program to the one that started it: ends it when the other is gone, however that went, so that no server is left
 * behind. Does nothing for a program that was started by hand.
 */
export function endWithParent(end: () => void): void {
  process.once('disconnect', end);
  // Listening alone would keep a program alive that has nothing left to do.
  process.channel?.unref();
}

/** Tells the program that started this one that it is ready for work. */
export function reportReady(): void {
  process.send?.('ready');
}
