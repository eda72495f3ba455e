import { timingSafeEqual } from 'node:crypto'
import { protocol } from '#contract/api/protocol.ts'

/** The parts of a request that decide about access. */
export interface RequestFacts {
  method: string
  /** Request target as received: path and query, still encoded. */
  target: string
  host: string | undefined
  origin: string | undefined
  cookie: string | undefined
  /** True for the upgrade to a WebSocket. */
  isUpgrade: boolean
}

/** The secret of a server, and the names by which it may be addressed. */
export interface Access {
  /** 256 random bits, hexadecimal, drawn at each start. */
  token: string
  cookieName: string
  /** `Host` headers in lower case that mean this server. */
  hosts: ReadonlySet<string>
}

export type Decision =
  | { kind: 'pass' }
  /** The token of the link is right: set the cookie and redirect to the same address without the token. */
  | { kind: 'enter'; location: string; cookie: string }
  | { kind: 'refuse'; status: 400 | 401 | 403 | 405 | 421; reason: string }

/**
 * Decides whether a request is served.
 * - An unknown `Host` means that a page rebound its name to this address (421).
 * - A foreign `Origin` means that another page uses the browser's cookie. A request other than a plain read must name its origin (403).
 * - The token of the link becomes a cookie that scripts cannot read. Without the cookie nothing is served (401).
 */
export function authorize(request: RequestFacts, access: Access): Decision {
  const host = request.host?.toLowerCase()
  if (host === undefined || !access.hosts.has(host))
    return refuse(
      421,
      `This server cannot be reached under the name ${request.host ?? '(none)'}. Open the link that the studio printed, with the same port.`,
    )

  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (request.origin !== undefined ? request.origin.toLowerCase() !== `http://${host}` : request.isUpgrade || !isRead) {
    return refuse(403, 'This request comes from another page.')
  }

  // Two slashes would make the redirect below lead to another server.
  if (!request.target.startsWith('/') || request.target.startsWith('//'))
    return refuse(400, 'The path of this request is not valid.')
  const [path, query] = split(request.target, '?')
  const parameters = new URLSearchParams(query)
  const token = parameters.get(protocol.tokenParameter)
  if (token !== null && equals(token, access.token)) {
    parameters.delete(protocol.tokenParameter)
    const rest = parameters.toString()
    return {
      kind: 'enter',
      location: rest === '' ? path : `${path}?${rest}`,
      cookie: `${access.cookieName}=${access.token}; Path=/; HttpOnly; SameSite=Strict`,
    }
  }

  const cookie = cookies(request.cookie ?? '').get(access.cookieName)
  if (cookie === undefined || !equals(cookie, access.token))
    return refuse(401, 'Open the studio with the link that it printed when it started.')
  if (!isRead) return refuse(405, 'Only GET and HEAD are served here.')
  return { kind: 'pass' }
}

/** Names by which a server bound to `address` may be addressed; `machine` holds the names and addresses of a machine that listens on all. */
export function allowedHosts(address: string, port: number, machine: readonly string[]): Set<string> {
  const loopback = ['127.0.0.1', 'localhost', '::1']
  const names = isLoopback(address) ? loopback : isWildcard(address) ? [...loopback, ...machine] : [address]
  return new Set(names.flatMap((name) => hostHeaders(name, port)))
}

/** Browsers omit port 80, the default of HTTP. */
function hostHeaders(name: string, port: number): string[] {
  const host = bracketed(name).toLowerCase()
  return port === 80 ? [host, `${host}:80`] : [`${host}:${port}`]
}

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || address.startsWith('127.')
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** An address as written in a URL: IPv6 in brackets. */
export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

function equals(given: string, secret: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(secret)
  return a.length === b.length && timingSafeEqual(a, b)
}

function cookies(header: string): Map<string, string> {
  return new Map(
    header.split(';').map((pair) => {
      const [name, value] = split(pair.trim(), '=')
      return [name, value] as const
    }),
  )
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

const refuse = (status: 400 | 401 | 403 | 405 | 421, reason: string): Decision => ({ kind: 'refuse', status, reason })
