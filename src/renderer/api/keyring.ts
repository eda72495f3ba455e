import {
  challenge,
  idOf,
  isProofOfStudio,
  proofOfPage,
  randomSecret,
  secretOf,
  verdict,
  verifierOf,
  type Opening,
  type Transcript,
} from '#contract/api/handshake.ts'

/** Why a page is not admitted. `none`: it has neither a key nor a link. */
export type Refusal = 'none' | 'key' | 'link'

/** What the studio's answer means. `again`: the link is refused, but there is a key to try. */
export type Outcome =
  | { kind: 'open'; mediaPass: string; keyId: string }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'again' }

/** An opening that was sent. `settle` reads the answer; undefined if it is not that of a studio. */
export interface Attempt {
  message: string
  settle(answer: string): Outcome | undefined
}

/** Shows the page's key to the studio. */
export interface Keyring {
  /** The answer to a challenge, a refusal if there is nothing to show, or undefined if it is no challenge. */
  open(message: string): Attempt | { refusal: Refusal } | undefined
  /** Takes a link that was opened or pasted. False if it is none of this address. */
  take(link: string): boolean
  /** Calls `listener` when another page of this browser was given a key. Returns a function that ends it. */
  onChange(listener: () => void): () => void
}

const storageName = (workspace: string): string => `mvd-studio:key:${workspace}`

/**
 * Keys in the storage of the page's origin, one for each workspace that was served there. Unlike a cookie, they are sent to no server.
 *
 * @param origin address of the page
 */
export function browserKeyring(storage: Storage, origin: string): Keyring {
  let link: string | undefined

  return {
    open(message) {
      const given = parse(challenge, message)
      if (given === undefined) return undefined
      const name = storageName(given.workspace)
      const stored = storage.getItem(name) ?? undefined
      const secret = link ?? stored
      if (secret === undefined) return { refusal: 'none' }

      const registered = link === undefined ? secret : randomSecret()
      const verifier = verifierOf(secret)
      const newVerifier = link === undefined ? undefined : verifierOf(registered)
      const transcript: Transcript = { origin, challenge: given.challenge, nonce: randomSecret(), newVerifier }
      const sent: Opening = {
        secret: link === undefined ? 'key' : 'link',
        id: idOf(verifier),
        nonce: transcript.nonce,
        proof: proofOfPage(secret, transcript),
        ...(newVerifier === undefined
          ? {}
          : {
              newKey: {
                verifier: newVerifier,
                ...(stored === undefined ? {} : { replaces: idOf(verifierOf(stored)) }),
              },
            }),
      }
      return {
        message: JSON.stringify(sent),
        settle(answer) {
          const read = parse(verdict, answer)
          if (read === undefined) return undefined
          if ('refused' in read) {
            link = undefined
            // The browser remembers addresses, so a link may be opened again by a page that has its key.
            if (sent.secret === 'link' && stored !== undefined) return { kind: 'again' }
            return { kind: 'refused', refusal: read.refused }
          }
          if (!isProofOfStudio(read.proof, verifier, transcript)) return undefined
          link = undefined
          storage.setItem(name, registered)
          return { kind: 'open', mediaPass: read.mediaPass, keyId: idOf(verifierOf(registered)) }
        },
      }
    },
    take(address) {
      const secret = secretOf(address.trim())
      const isHere =
        address.startsWith('#') || (URL.canParse(address.trim()) && new URL(address.trim()).origin === origin)
      if (secret === undefined || !isHere) return false
      link = secret
      return true
    },
    onChange(listener) {
      const changed = (event: StorageEvent) => {
        if (event.storageArea === storage && event.key?.startsWith(storageName('')) === true && event.newValue !== null)
          listener()
      }
      window.addEventListener('storage', changed)
      return () => window.removeEventListener('storage', changed)
    },
  }
}

function parse<T>(schema: { safeParse(value: unknown): { data?: T | undefined } }, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
