import type { ListRefusal } from '@sotto/crypto/server';
import { refuse, type Refusal } from './outcome.js';

/** What a client is told of a list that does not verify. */
export const deviceListRefusal = (reason: ListRefusal): Refusal => {
  switch (reason) {
    case 'badSignature':
    case 'badCertificate':
      return refuse(
        'invalidSignature',
        `A signature of the device list or of a certificate does not verify (${reason}).`,
      );
    case 'rollback':
    case 'gap':
    case 'wrongPrevious':
      return refuse(
        'deviceListConflict',
        'The device list does not follow the present one. Fetch that and sign again.',
      );
    case 'malformed':
    case 'foreignAccount':
    case 'foreignRoot':
    case 'malformedRootChange':
    case 'formerRoot':
    case 'addsDevice':
    case 'notAlone':
    case 'notFirst':
    case 'notGenesis':
    case 'epochAhead':
    case 'epochFull':
    case 'removalsOnly':
    case 'wrongSigner':
    case 'signerNotListed':
    case 'signerCannotLink':
    case 'overreach':
    case 'tooManyDevices':
    case 'noLinkKey':
    case 'missingCertificate':
    case 'foreignCertificate':
      return refuse('invalidDeviceList', `The device list breaks a rule (${reason}).`);
  }
};
