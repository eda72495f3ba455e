import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import type { RawData, WebSocket } from 'ws'
import {
  idOf,
  isProofOfPage,
  opening,
  proofOfStudio,
  type Challenge,
  type Opening,
  type Transcript,
  type Verdict,
} from '#contract/api/handshake.ts'
import type { Keys } from '../../access/keys.ts'

/** An opening is a few hundred bytes. */
const maxOpeningBytes = 2048
const openingTimeoutMs = 10_000

/** Who is at the other end of a socket. */
export interface Visitor {
  /** Origin of the page, which the server has checked. */
  origin: string
  /** `Firefox on Linux`. */
  browser: string
}

/** Decides which pages may open the studio, and which media they may load. */
export class Admission {
  readonly #keys: Keys
  readonly #workspace: string
  /** Media passes end with the studio. */
  readonly #passKey = randomBytes(32)

  constructor(keys: Keys, workspace: string) {
    this.#keys = keys
    this.#workspace = createHash('sha256').update(workspace).digest('hex').slice(0, 16)
  }

  /**
   * Challenges a page. Resolves with the id of its key, or with undefined after it was refused, which closes the socket.
   * `accept` is called before the page hears that it is admitted, so that its first call finds a listener.
   */
  async admit(socket: WebSocket, visitor: Visitor, accept: () => void): Promise<string | undefined> {
    const challenge = randomBytes(32).toString('hex')
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(openingTimeoutMs) })
    socket.send(JSON.stringify({ challenge, workspace: this.#workspace } satisfies Challenge))
    const message = await answered.then(
      ([data]) => parsed(data as RawData),
      () => undefined,
    )
    if (message === undefined) {
      socket.close(1002, 'This is no opening.')
      return undefined
    }
    const admitted = this.#verify(message, challenge, visitor)
    if ('refused' in admitted) {
      socket.send(JSON.stringify(admitted))
      socket.close(1008, 'Refused.')
      return undefined
    }
    accept()
    socket.send(JSON.stringify(admitted.verdict))
    return admitted.keyId
  }

  /** Whether the key of a pass is still valid. */
  isPass(pass: string): boolean {
    const [id = '', signature = ''] = pass.split('.')
    const expected = Buffer.from(this.#passOf(id))
    const given = Buffer.from(`${id}.${signature}`)
    return given.length === expected.length && timingSafeEqual(given, expected) && this.#keys.has(id)
  }

  #verify(
    { secret, id, nonce, proof, newKey }: Opening,
    challenge: string,
    { origin, browser }: Visitor,
  ): { verdict: Verdict; keyId: string } | { refused: 'key' | 'link' } {
    const transcript: Transcript = { origin, challenge, nonce, newVerifier: newKey?.verifier }
    const known = secret === 'key' ? this.#keys.find(id) : this.#keys.findLink(id)
    if (known === undefined || idOf(known.verifier) !== id || !isProofOfPage(proof, known.verifier, transcript))
      return { refused: secret }
    let keyId = id
    if (secret === 'link') {
      if (newKey === undefined || !this.#keys.takeLink(id)) return { refused: 'link' }
      keyId = this.#keys.add({ verifier: newKey.verifier, browser, origin })
      if (newKey.replaces !== undefined && newKey.replaces !== keyId) this.#keys.revoke([newKey.replaces])
    }
    this.#keys.seen(keyId)
    return { keyId, verdict: { proof: proofOfStudio(known.verifier, transcript), mediaPass: this.#passOf(keyId) } }
  }

  #passOf(id: string): string {
    return `${id}.${createHmac('sha256', this.#passKey).update(id).digest('hex').slice(0, 32)}`
  }
}

function parsed(data: RawData): Opening | undefined {
  if (!Buffer.isBuffer(data) || data.length > maxOpeningBytes) return undefined
  try {
    return opening.safeParse(JSON.parse(data.toString('utf8'))).data
  } catch {
    return undefined
  }
}
