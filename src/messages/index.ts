export {
  ATTACHMENTS_MAX,
  GROUP_OTHERS_MAX,
  GROUP_OTHERS_MIN,
  type MessagesOptions,
  openMessages,
  TEXT_LENGTH_MAX,
} from './messages.ts';
export * from './port.ts';
