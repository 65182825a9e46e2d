export { GROUP_OTHERS_MAX, GROUP_OTHERS_MIN, type MessagesOptions, openMessages } from './messages.ts';
export * from './port.ts';
export { ATTACHMENTS_MAX, TEXT_LENGTH_MAX } from './rules.ts';
