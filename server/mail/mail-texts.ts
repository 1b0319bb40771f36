import type { Mail } from './mail.js';

/** The server does not know which language somebody reads: both, one after the other. */
const bilingual = (english: string, russian: string): string => `${english}\n\n— — —\n\n${russian}\n`;

export const confirmationMail = (to: string, host: string, code: string): Mail => ({
  to,
  subject: `Sotto: confirm your address · подтвердите адрес`,
  text: bilingual(
    `Somebody, most likely you, has set this address for an account on ${host}. To confirm it, enter this code in Sotto within a day:\n\n` +
      `    ${code}\n\nIf it was not you, do nothing.`,
    `Кто-то, скорее всего вы, указал этот адрес для аккаунта на ${host}. Чтобы подтвердить его, введите этот код в Sotto в течение суток:\n\n` +
      `    ${code}\n\nЕсли это были не вы, ничего не делайте.`,
  ),
});

export const resetMail = (to: string, host: string, code: string): Mail => ({
  to,
  subject: `Sotto: reset your password · сброс пароля`,
  text: bilingual(
    `Somebody, most likely you, has asked to reset the password of an account on ${host}. To set another one, enter this code in Sotto within an hour:\n\n` +
      `    ${code}\n\nA new password opens the account on the server. It gives no access to messages or keys: for those a device of the account ` +
      'or the recovery key is needed.\n\nIf it was not you, do nothing; nobody gets in without this code.',
    `Кто-то, скорее всего вы, попросил сбросить пароль аккаунта на ${host}. Чтобы задать новый, введите этот код в Sotto в течение часа:\n\n` +
      `    ${code}\n\nНовый пароль открывает аккаунт на сервере. Доступа к сообщениям и ключам он не даёт: для них нужно устройство аккаунта или ` +
      'ключ восстановления.\n\nЕсли это были не вы, ничего не делайте: без этого кода никто не войдёт.',
  ),
});

export const passwordChangedMail = (to: string, host: string): Mail => ({
  to,
  subject: `Sotto: your password was changed · пароль изменён`,
  text: bilingual(
    `The password of your account on ${host} was changed. If it was not you, reset it at once and look through your devices.`,
    `Пароль вашего аккаунта на ${host} изменён. Если это были не вы, сбросьте его сейчас же и проверьте свои устройства.`,
  ),
});
