import { once } from 'node:events'
import { WebSocket } from 'ws'
import { challenge, idOf, proofOfPage, randomSecret, secretOf, verdict, verifierOf } from '#contract/api/handshake.ts'
import { protocol } from '#contract/api/protocol.ts'

/** A socket that the studio has admitted. */
export interface AdmittedSocket {
  socket: WebSocket
  /** Key that the link registered. */
  key: string
  mediaPass: string
}

/** Opens the studio as a page does, with a link. `origin` is that of the page; by default that of the link. */
export async function enterByLink(link: string, origin = new URL(link).origin): Promise<AdmittedSocket> {
  const key = randomSecret()
  const admitted = await enter(link, 'link', secretOf(link) ?? '', origin, verifierOf(key))
  return { ...admitted, key }
}

/** Opens the studio at `address` with a key. @throws Error with the reason if it is refused */
export const enterByKey = (address: string, key: string): Promise<Omit<AdmittedSocket, 'key'>> =>
  enter(address, 'key', key, new URL(address).origin)

async function enter(
  address: string,
  kind: 'key' | 'link',
  secret: string,
  origin: string,
  newVerifier?: string,
): Promise<Omit<AdmittedSocket, 'key'>> {
  const socket = new WebSocket(`${new URL(address).origin.replace('http', 'ws')}${protocol.socketPath}`, {
    headers: { origin },
  })
  const next = async (): Promise<unknown> => JSON.parse(String((await once(socket, 'message'))[0]))
  const given = challenge.parse(await next())
  const nonce = randomSecret()
  const proof = proofOfPage(secret, { origin, challenge: given.challenge, nonce, newVerifier })
  const newKey = newVerifier === undefined ? {} : { newKey: { verifier: newVerifier } }
  socket.send(JSON.stringify({ secret: kind, id: idOf(verifierOf(secret)), nonce, proof, ...newKey }))
  const answer = verdict.parse(await next())
  if ('refused' in answer) throw new Error(`refused: ${answer.refused}`)
  return { socket, mediaPass: answer.mediaPass }
}
