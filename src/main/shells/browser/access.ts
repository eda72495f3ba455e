/** The parts of a request that decide about access. */
export interface RequestFacts {
  method: string
  /** Request target as received: path and query, still encoded. */
  target: string
  /** Every `Host` header of the request. */
  hosts: readonly string[]
  origin: string | undefined
  /** True for the upgrade to a WebSocket. */
  isUpgrade: boolean
}

export type Decision =
  | { kind: 'pass' }
  | { kind: 'refuse'; status: 400 | 401 | 403 | 404 | 405 | 421 | 503; reason: string }

/** Longest request target that is looked at. Addresses of comparisons list up to 200 runs. */
const maxTargetLength = 16_384

/**
 * Decides whether a request is answered at all. The window itself is no secret; media and the socket ask for more (`Admission`).
 * - Two `Host` headers mean that a proxy and this server may read two different ones (400).
 * - An unknown `Host` means that a page rebound its name to this address (421).
 * - A foreign `Origin` means that the request comes from another page. One other than a plain read must name its origin (403).
 *
 * @param hosts `Host` headers in lower case that mean this server
 */
export function authorize(request: RequestFacts, hosts: ReadonlySet<string>): Decision {
  if (request.hosts.length > 1) return refuse(400, 'This request has more than one Host header.')
  const host = request.hosts[0]?.toLowerCase()
  if (host === undefined || !hosts.has(host))
    return refuse(
      421,
      `This server cannot be reached under the name ${host ?? '(none)'}. Open the link that the studio printed, with the same port.`,
    )

  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (request.origin !== undefined ? request.origin.toLowerCase() !== `http://${host}` : request.isUpgrade || !isRead)
    return refuse(403, 'This request comes from another page.')

  // Browsers read `//host` and `/\host` as the address of another server.
  if (!/^\/(?![/\\])/.test(request.target) || request.target.length > maxTargetLength)
    return refuse(400, 'The path of this request is not valid.')
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

const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || address.startsWith('127.')
const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** An address as written in a URL: IPv6 in brackets. */
export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

export const refuse = (
  status: Extract<Decision, { kind: 'refuse' }>['status'],
  reason: string,
): Extract<Decision, { kind: 'refuse' }> => ({ kind: 'refuse', status, reason })
