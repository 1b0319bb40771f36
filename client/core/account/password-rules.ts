/**
 * A thief of the server's database, or of this machine's, guesses offline. Each guess costs a stretch of 64 MiB, of which
 * strong hardware makes some thousands a second: ten thousand million guesses, the least that is asked for here, keep it busy
 * for weeks. A password of ten random characters has just that many, so shorter ones need not be looked at.
 */
const LEAST_GUESSES_LOG10 = 10;
const LEAST_PASSWORD_LENGTH = 10;
/** Estimating takes longer than linear time; what comes after this makes a password no weaker. */
const LOOKED_AT_LENGTH = 64;

export type PasswordVerdict =
  | { readonly outcome: 'strong' }
  | { readonly outcome: 'tooShort'; readonly least: number }
  | { readonly outcome: 'tooWeak' };

/**
 * Judges a new password by how many guesses it takes somebody who knows what people choose, and who they are.
 *
 * @param personal - what anyone can know of the person: username, email address
 */
export const judgePassword = async (password: string, personal: readonly string[]): Promise<PasswordVerdict> => {
  const normalized = password.normalize('NFKC');
  if (Array.from(normalized).length < LEAST_PASSWORD_LENGTH)
    return { outcome: 'tooShort', least: LEAST_PASSWORD_LENGTH };
  // Loaded for this one judgement: the dictionaries take 35 MB, and a core that has an account never needs them.
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  const estimator = new ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    maxLength: LOOKED_AT_LENGTH,
  });
  const parts = personal.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]).filter((part) => part.length > 2);
  const { guessesLog10 } = estimator.check(normalized, [...new Set(parts)]);
  return guessesLog10 < LEAST_GUESSES_LOG10 ? { outcome: 'tooWeak' } : { outcome: 'strong' };
};
