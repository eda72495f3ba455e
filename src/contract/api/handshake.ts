import { z } from 'zod'
import { protocol } from './protocol.ts'
import { hmac, sha256 } from './sha256.ts'

/**
 * How a page opens the studio over a WebSocket, as in SCRAM (RFC 5802): both ends prove that they know a secret, and it is never
 * sent. The secret is a key that the page keeps, or that of a one-time link, with which the page registers a key.
 *
 * - The studio stores a verifier, the hash of the secret. Who reads it cannot compute the proof of a page.
 * - A proof covers the address of the page. A program that takes over the port of a closed studio learns nothing, not even a
 *   proof that it could pass on to the studio at another port.
 *
 * 1. The studio sends a `challenge`, 2. the page an `opening`, 3. the studio a `verdict`.
 */
const bytes = (count: number) => z.string().regex(new RegExp(`^[0-9a-f]{${count * 2}}$`))

export const challenge = z.object({
  challenge: bytes(32),
  /** Which of its keys the page uses: a name of the workspace that says nothing about it. */
  workspace: bytes(8),
})
export type Challenge = z.infer<typeof challenge>

export const opening = z.object({
  secret: z.enum(['key', 'link']),
  /** Of the secret. */
  id: bytes(16),
  nonce: bytes(32),
  proof: bytes(32),
  /** With a link: the verifier of the key that it registers, and the id of the key that this one replaces. */
  newKey: z.object({ verifier: bytes(32), replaces: bytes(16).optional() }).optional(),
})
export type Opening = z.infer<typeof opening>

export const verdict = z.union([
  z.object({
    /** Proof that the studio knows the verifier. */
    proof: bytes(32),
    /** Path segment that gives this page the media of the workspace until the studio ends or the key is revoked. */
    mediaPass: z.string().regex(/^[0-9a-f.]+$/),
  }),
  z.object({
    /** `key`: unknown or revoked. `link`: used before, or of an earlier start of the studio. */
    refused: z.enum(['key', 'link']),
  }),
])
export type Verdict = z.infer<typeof verdict>

/** Close code of a socket whose key was revoked. */
export const revokedCode = 4401

/** The secret in a link or in the fragment of an address; undefined if there is none. */
export function secretOf(address: string): string | undefined {
  const fragment = address.slice(address.indexOf('#') + 1)
  const secret = new URLSearchParams(fragment).get(protocol.linkParameter)
  return bytes(32).safeParse(secret).data
}

/** What a proof is about. */
export interface Transcript {
  /** Origin of the page: `http://127.0.0.1:8756`. */
  origin: string
  challenge: string
  nonce: string
  /** Verifier of the key that a link registers. */
  newVerifier: string | undefined
}

/** 32 random bytes, hexadecimal. */
export const randomSecret = (): string => hexOf(crypto.getRandomValues(new Uint8Array(32)))

/** What the studio stores of a secret. */
export const verifierOf = (secret: string): string => hexOf(sha256(bytesOf(secret)))

/** Name of a secret, from its verifier. It says nothing about either. */
export const idOf = (verifier: string): string => hexOf(sha256(bytesOf(verifier))).slice(0, 32)

/** Proof of the page: the secret, hidden by what only a holder of the verifier can compute. */
export function proofOfPage(secret: string, transcript: Transcript): string {
  return hexOf(mixed(bytesOf(secret), sign(verifierOf(secret), 'page', transcript)))
}

/** Whether a page that gave this proof knows the secret of a verifier. */
export function isProofOfPage(proof: string, verifier: string, transcript: Transcript): boolean {
  const secret = mixed(bytesOf(proof), sign(verifier, 'page', transcript))
  return areEqual(sha256(secret), bytesOf(verifier))
}

/** Proof of the studio: it knows the verifier. */
export const proofOfStudio = (verifier: string, transcript: Transcript): string =>
  hexOf(sign(verifier, 'studio', transcript))

/** Whether a server that gave this proof knows the verifier. */
export const isProofOfStudio = (proof: string, verifier: string, transcript: Transcript): boolean =>
  areEqual(bytesOf(proof), sign(verifier, 'studio', transcript))

function sign(verifier: string, role: 'page' | 'studio', transcript: Transcript): Uint8Array {
  const { origin, challenge: given, nonce, newVerifier = '' } = transcript
  const text = ['mvd-studio', '1', role, origin.toLowerCase(), given, nonce, newVerifier].join('\n')
  return hmac(bytesOf(verifier), new TextEncoder().encode(text))
}

const mixed = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, index) => byte ^ (b[index] ?? 0))

/** Compares in a time that does not depend on the content. */
function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && mixed(a, b).reduce((difference, byte) => difference | byte, 0) === 0
}

const hexOf = (data: Uint8Array): string => [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16))
