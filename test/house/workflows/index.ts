import { defineSearchAttributeKey } from '@temporalio/common';
import { sleep, upsertSearchAttributes } from '@temporalio/workflow';

const orderState = defineSearchAttributeKey('OrderState', 'KEYWORD');

/** Waits as long as a review may take; only here to prove that the test servers serve. */
export const waitFourHours = async (): Promise<string> => {
  await sleep('4 hours');
  return 'four hours are over';
};

/** Ends at once, findable by its state. */
export const endAsStaged = async (): Promise<void> => {
  upsertSearchAttributes([{ key: orderState, value: 'staged' }]);
};
