/** One link from the displayed code to the grant. Everything drawn at random stands here, in the order in which it is drawn. */
export interface LinkVector {
  readonly direction: 'offer' | 'request';
  readonly host: string;
  readonly tlsPin: string | null;
  readonly textExport: boolean;
  readonly historyOffered: boolean;
  readonly expiresAt: number;
  /** Private keys of the new device; registration ids are not of the protocol. */
  readonly newDevice: {
    readonly identityPrivateKey: string;
    readonly signingKey: string;
    readonly linkKey: string;
    readonly registrationId: number;
    readonly name: string;
    readonly system: string;
  };
  /** Signs the token of an offer. */
  readonly authorisedSigningKey: string;
  readonly authorisedLinkKey: string;
  /** One-time private key, S, KEM randomness and nonce of the end that displays. */
  readonly displayed: {
    readonly ephemeral: string;
    readonly secret: string;
    readonly kemRandomness: string;
    readonly nonce: string;
  };
  /** One-time private key, KEM seed and nonce of the end that reads. */
  readonly reader: { readonly ephemeral: string; readonly kemSeed: string; readonly nonce: string };
  readonly token: string;
  readonly sessionId: string;
  readonly code: string;
  readonly m1: string;
  readonly m2: string;
  readonly m3: string;
  readonly m4: string;
  readonly digits: string;
  readonly payload: string;
  readonly contest: string | null;
  readonly certificate: string;
  readonly list: string;
  readonly listSignature: string;
  /** Records of the states, so that every step can be taken by itself. */
  readonly states: Readonly<Record<string, string>>;
}

/** A message that must end the link at the state whose record is named. */
export interface LinkRefusalVector {
  readonly name: string;
  readonly direction: 'offer' | 'request';
  readonly state: string;
  readonly message: string;
  readonly expected: string;
}

/** A text and what a reader says of it. */
export interface CodeVector {
  readonly name: string;
  readonly text: string;
  readonly expected: string;
}

/** A token and what the server says of it. */
export interface TokenVector {
  readonly name: string;
  readonly token: string;
  readonly signingKey: string;
  readonly now: number;
  readonly expected: string;
}

export interface ProvisioningVectors {
  readonly links: readonly LinkVector[];
  readonly refusals: readonly LinkRefusalVector[];
  readonly codes: readonly CodeVector[];
  readonly tokens: readonly TokenVector[];
  readonly manualCodes: readonly {
    readonly drawn: string;
    readonly code: string;
    readonly lookupId: string;
    readonly secret: string;
  }[];
  readonly manualCodeTexts: readonly CodeVector[];
}
