import type { NoticeSenders } from '../activities/deps.ts';
import type { NoticeSettings } from '../config.ts';
import type { CircuitChange } from '../exchange/circuit.ts';
import { createMailSender } from '../exchange/mail-sender.ts';
import { createNoticeCircuits } from '../exchange/notice-circuits.ts';
import { createWebhookSender } from '../exchange/webhook-sender.ts';

/** Settings under which sources are told by webhook, and nobody else is. */
export const NO_NOTICES: NoticeSettings = {
  mail: null,
  operationsWebhook: null,
  operationsMailTo: [],
  allowPrivate: false,
};

/** Wires the ways on which notices go out. */
export function createNoticeSenders(
  { mail, operationsWebhook, operationsMailTo, allowPrivate }: NoticeSettings,
  onChange?: (change: CircuitChange) => void,
): NoticeSenders {
  return {
    sendWebhook: createWebhookSender({ allowPrivate }),
    sendMail: mail && createMailSender(mail),
    circuits: createNoticeCircuits(onChange ? { onChange } : {}),
    house: { webhook: operationsWebhook, mailTo: operationsMailTo },
  };
}
