import { createHash, createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  idOf,
  isProofOfPage,
  isProofOfStudio,
  proofOfPage,
  proofOfStudio,
  randomSecret,
  secretOf,
  verifierOf,
  type Transcript,
} from '#contract/api/handshake.ts'
import { hmac, sha256 } from '#contract/api/sha256.ts'

test('hashes are those of Node', () => {
  for (let length = 0; length < 300; length++) {
    const message = randomBytes(length)
    const key = randomBytes((length * 7) % 150)
    expect(Buffer.from(sha256(message)).toString('hex')).toBe(createHash('sha256').update(message).digest('hex'))
    expect(Buffer.from(hmac(key, message)).toString('hex')).toBe(
      createHmac('sha256', key).update(message).digest('hex'),
    )
  }
})

const transcript: Transcript = {
  origin: 'http://127.0.0.1:8756',
  challenge: 'a'.repeat(64),
  nonce: 'b'.repeat(64),
  newVerifier: undefined,
}

test('both ends prove that they know the secret, and neither sends it', () => {
  const secret = randomSecret()
  const verifier = verifierOf(secret)
  const proof = proofOfPage(secret, transcript)
  expect(isProofOfPage(proof, verifier, transcript)).toBe(true)
  expect(isProofOfStudio(proofOfStudio(verifier, transcript), verifier, transcript)).toBe(true)
  expect(new Set([secret, verifier, proof, proofOfStudio(verifier, transcript), idOf(verifier)]).size).toBe(5)
})

test.each<[string, Partial<Transcript>]>([
  ['another port', { origin: 'http://127.0.0.1:8757' }],
  ['another challenge', { challenge: 'c'.repeat(64) }],
  ['another nonce', { nonce: 'c'.repeat(64) }],
  ['another key to register', { newVerifier: 'c'.repeat(64) }],
])('a proof is worth nothing for %s', (_name, change) => {
  const secret = randomSecret()
  const verifier = verifierOf(secret)
  const other = { ...transcript, ...change }
  expect(isProofOfPage(proofOfPage(secret, transcript), verifier, other)).toBe(false)
  expect(isProofOfStudio(proofOfStudio(verifier, transcript), verifier, other)).toBe(false)
})

test('the stored verifier does not open the studio, and another secret neither', () => {
  const secret = randomSecret()
  const verifier = verifierOf(secret)
  expect(isProofOfPage(proofOfPage(verifier, transcript), verifier, transcript)).toBe(false)
  expect(isProofOfPage(proofOfPage(randomSecret(), transcript), verifier, transcript)).toBe(false)
  expect(isProofOfStudio(proofOfPage(secret, transcript), verifier, transcript)).toBe(false)
})

test.each([
  [`http://127.0.0.1:8756/#open=${'a'.repeat(64)}`, 'a'.repeat(64)],
  [`http://127.0.0.1:8756/runs/a-1?tab=log#open=${'a'.repeat(64)}`, 'a'.repeat(64)],
  [`#open=${'a'.repeat(64)}`, 'a'.repeat(64)],
  ['#main', undefined],
  [`http://127.0.0.1:8756/?open=${'a'.repeat(64)}`, undefined],
  [`#open=${'A'.repeat(64)}`, undefined],
  ['', undefined],
])('the secret of %s', (address, secret) => expect(secretOf(address)).toBe(secret))
