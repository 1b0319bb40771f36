import type { BridgeErrorCode, BridgeFailure, LinkEnd } from '../bridge/index.js';

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
  keysUnderEarlierPassword:
    'The password is right, but the keys of this device are still under the one before it. Use `sotto earlier-password`.',
  passwordInDoubt:
    'No answer came: either password may be the right one now, and the keys open with both. Try the new one first.',
  wrongEarlierPassword: 'The keys of this device are not under that password.',
  usernameDiffers: 'That is not the name of this account; nothing was erased.',
  inviteRequired: 'This server lets in whoever has an invite code. Ask its host for one.',
  inviteUnknown:
    'This invite code was used up, has expired, or is mistyped. Check it, or ask the host for another one.',
  secondFactorRequired: 'This account has a second factor. Enter the code of your authenticator, or a backup code.',
  wrongSecondFactor: 'That code is not right. Enter the present one, or a backup code that was not used yet.',
  accountGone:
    'The server knows no such account any more: it was deleted, or the server restored from an older backup.',
  accountDisabled: 'The host of this server has closed this account. Messages on this device are kept. Ask the host.',
  mailCodeUnknown: 'This code was used, replaced by a later one, or has expired. Ask for another one.',
  mailOff: 'This server sends no mail. Your recovery key sets a new password.',
  linkingLocked: 'Linking is locked for this account. Lift the lock in Settings on one of your devices first.',
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
  deviceNotFound: "This device is not on the account's list any more. The list has been fetched anew.",
  lastLinkDevice: 'Not unlinked: it is the last device that can link others. Link another one first.',
  tooManyDevices: 'Too many devices: {limit} are the most here. Nothing was shared. Unlink one.',
  kitUnconfirmed: 'Save your recovery key first. A device can be linked after that.',
  kitConfirmed:
    'The recovery key has been confirmed, and this device keeps no copy. If the paper is lost, make a new key.',
  kitGroupsDiffer: 'These are not the groups of your key. Compare with what you have written down.',
  notNow: 'This is not possible now: the step before has ended or has not been made. Begin anew.',
  devicesChanged: 'Your devices changed meanwhile. Nothing was changed here. Look at the list and try again.',
  linkCodeUnreadable: 'This is not a linking code, or a part of it is missing. Scan or copy it once more.',
  linkCodeNewer: 'This code was made by a newer version of Sotto. Update this device.',
  linkCodeUnknown: 'The server does not know this code. Nothing was shared. Show a new one on the other device.',
  linkCodeUsed: 'Code already used. Not by you? Press Not me there.',
  linkCodeExpired: 'Code expired. Scan the new one.',
  reverseLinkingOff: 'This server does not let new devices show a code. Scan the code of your other device instead.',
  recoveryKeyUnreadable: 'This is not a recovery key. It has groups of letters and digits, as printed.',
  recoveryKeyMistyped: 'Group {group} is mistyped. Compare it with the paper.',
  recoveryKeyUnknown: 'No account on this server belongs to this recovery key. Check the server address and the key.',
  transferNotFound: 'This file is not open any more. Nothing was changed. Choose it again.',
  notABackup: 'This file is not a Sotto backup. Nothing was changed.',
  backupNewer: 'This backup was made by a newer version of Sotto. Nothing was changed. Update this device.',
  backupDamaged: 'This backup is damaged or cut short. What was whole has been added; nothing was lost here.',
  backupForeign: 'This backup belongs to another account. Nothing was changed.',
  wrongBackupSecret: 'Neither the passphrase nor the recovery key of this backup. Nothing was changed.',
  diskFull: 'The disk is full. Nothing was lost. Make room and try again.',
  internal: 'A fault in Sotto stopped this. Messages are kept. Try again; if it stays, report it.',
};

/** The words for a refusal, its facts filled in. */
export const failureWords = ({ code, params }: BridgeFailure): string =>
  WORDS[code].replace(/\{(\w+)\}/g, (mark, name: string) => String(params[name] ?? mark));

const LINK_ENDS: Record<LinkEnd, string> = {
  cancelled: 'Linking was cancelled. Nothing was shared.',
  refused: 'Refused on one of the devices. Nothing was shared. Not by you? Change your password.',
  expired: 'The code expired. Nothing was shared. Begin anew.',
  digitsDiffer: 'The digits differ. Nothing was shared. Begin anew.',
  codeUsed: 'The code was used already. Not by you? Refuse it on the other device.',
  tampered: 'The device that answered is not the one that has the code. Nothing was shared. Try on another network.',
  listChanged: 'The devices of the account changed meanwhile. Nothing was shared. Begin anew.',
  tooManyDevices: 'The account has as many devices as the host allows. Nothing was shared. Unlink one.',
  unfinished: 'The other device did not finish. Nothing joined the account. Begin anew.',
  serverRefused: 'The server refused. Nothing was shared. Try again later.',
};

/** Why a link came to nothing. */
export const linkEndWords = (end: LinkEnd): string => LINK_ENDS[end];
