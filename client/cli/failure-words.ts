import type { BridgeErrorCode, BridgeFailure } from '../bridge/index.js';

/** One line a refusal: what happened, what is safe, what to do. */
const WORDS: Record<BridgeErrorCode, string> = {
  badCall: 'The program made a malformed call; this is a fault in Sotto.',
  locked: 'The profile is locked. Give --passphrase-file FILE, or run in a terminal to be asked.',
  wrongPassphrase: 'Wrong passphrase. Nothing was changed.',
  storageBroken: 'The profile’s database cannot be read. Keep the folder as it is and restore a copy beside it.',
  profileInUse: 'Another program has this profile open. Close it, or talk to its daemon with --socket PATH.',
  noAccount: 'This profile has no account yet. Make one with: sotto register',
  accountExists: 'This profile has an account already. Use another with --profile NAME.',
  badAddress: 'That is not a server address. Give a host name, such as chat.example.org.',
  insecureAddress: 'Plain http is only for this computer. Use the server’s https address.',
  serverAway: 'The server does not answer. Nothing is lost. Check the address and the network, then try again.',
  notASottoServer: 'Something answers there, but it is not a Sotto server. Check the address.',
  serverIdentityChanged:
    'The server shows another identity ({fingerprint}) than the one this profile knows. Nothing was sent. Ask its host.',
  serverWeakensPassword: 'The server asks for weaker password protection than before. Nothing was sent. Ask its host.',
  registrationClosed: 'This server takes no new accounts. Ask its host.',
  usernameInvalid: 'A username has 3 to 32 Latin letters, digits or "_", a letter first.',
  usernameTaken: 'That username is taken. Choose another.',
  emailInvalid: 'That is not an email address.',
  emailTaken: 'That email address belongs to another account here.',
  passwordTooShort: 'The password needs at least {least} characters.',
  passwordTooWeak: 'That password is easy to guess. Use several unrelated words.',
  wrongCredentials: 'Wrong name or password.',
  signedOut: 'This device is signed out. Messages are kept. Sign in again with: sotto sign-in',
  unlinked: 'This device was taken off the account. Messages on it are kept; it can no longer send or receive.',
  rateLimited: 'Too many tries. Wait {seconds} s and try again.',
  personNotFound: 'Nobody here has that username. Check the spelling.',
  personIsSelf: 'That is your own username.',
  chatNotFound: 'There is no chat with that person yet.',
  messageNotFound: 'There is no such message here.',
  textEmpty: 'There is no text to send.',
  textTooLong: 'The text is longer than {most} characters. Nothing was sent. Shorten it or split it.',
  textHoldsSecret: 'The text holds a linking code or a recovery key. Nothing was sent: nobody should ever be sent one.',
  internal: 'A fault in Sotto stopped this. Messages are kept. Try again; if it stays, report it.',
};

/** The words for a refusal, its facts filled in. */
export const failureWords = ({ code, params }: BridgeFailure): string =>
  WORDS[code].replace(/\{(\w+)\}/g, (mark, name: string) => String(params[name] ?? mark));
