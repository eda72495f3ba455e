import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, unlinkSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { idOf, randomSecret, verifierOf } from '#contract/api/handshake.ts'
import { protocol } from '#contract/api/protocol.ts'
import {
  type AccessKey,
  type KeyFile,
  keyFile,
  type LinkFile,
  linkFile,
  type ServerFile,
  serverFile,
} from '#contract/domain/access.ts'
import { accessFiles, formatVersions } from '#contract/layout.ts'
import { writeAtomically } from '#node/atomic-file.ts'
import { readJsonIfPresent, toJson } from '#node/json-file.ts'
import { Broadcast } from '../streams/broadcast.ts'

const ownerOnly = { file: 0o600, folder: 0o700 }
const version = formatVersions.access

/**
 * Keys and one-time links of a workspace, a file each in `access/`. A link is used, and a key revoked, by removing its file, which
 * succeeds once. So the command line and an open studio change them at the same time without a lock.
 */
export class Keys {
  /** Ids of keys that were revoked here. */
  readonly revoked = new Broadcast<readonly string[]>()
  readonly #keys: string
  readonly #links: string
  readonly #server: string

  constructor(folder: string) {
    this.#keys = join(folder, accessFiles.keys)
    this.#links = join(folder, accessFiles.links)
    this.#server = join(folder, accessFiles.server)
    for (const path of [folder, this.#keys, this.#links]) {
      mkdirSync(path, { recursive: true, mode: ownerOnly.folder })
      // A workspace that was copied may have let others in.
      if (process.platform !== 'win32') chmodSync(path, ownerOnly.folder)
    }
  }

  /** Newest first. A file that cannot be read is no key. */
  list(): AccessKey[] {
    const keys = idsIn(this.#keys).flatMap((id) => {
      const key = this.find(id)
      const lastSeen = statSync(this.#keyPath(id), { throwIfNoEntry: false })?.mtime
      if (key === undefined || lastSeen === undefined) return []
      const { createdAt, browser, origin } = key
      return [{ id, createdAt, browser, origin, lastSeenAt: lastSeen.toISOString() }]
    })
    return keys.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  }

  find(id: string): KeyFile | undefined {
    return read(this.#keyPath(id), keyFile)
  }

  /** Whether the key was not revoked. */
  has(id: string): boolean {
    return existsSync(this.#keyPath(id))
  }

  /** Adds a key and returns its id. */
  add(key: Omit<KeyFile, 'version' | 'createdAt'>): string {
    const id = idOf(key.verifier)
    write(this.#keyPath(id), { version, ...key, createdAt: new Date().toISOString() })
    return id
  }

  /** Notes that the key was used now; on a disk that cannot be written to, the earlier time stays. */
  seen(id: string): void {
    const now = new Date()
    try {
      utimesSync(this.#keyPath(id), now, now)
    } catch (cause) {
      if (systemCode(cause) === undefined) throw cause
    }
  }

  /** Revokes keys, all if none are named. Returns how many there were. */
  revoke(ids: readonly string[] = idsIn(this.#keys)): number {
    const removed = ids.filter((id) => ifPresent(() => unlinkSync(this.#keyPath(id))))
    if (removed.length > 0) this.revoked.publish(removed)
    return removed.length
  }

  /** Makes a link that works once. @throws StudioError `bad-request` if the studio was never served to a browser */
  makeLink(): string {
    const server = this.server()
    if (server === undefined)
      throw new StudioError(
        'bad-request',
        'This workspace was never served to a browser, so a link would lead nowhere.',
        'Serve it first: npm start -- --browser',
      )
    const secret = randomSecret()
    const verifier = verifierOf(secret)
    write(join(this.#links, `${idOf(verifier)}.json`), { version, verifier, createdAt: new Date().toISOString() })
    return `${server.origin}/#${protocol.linkParameter}=${secret}`
  }

  findLink(id: string): LinkFile | undefined {
    return read(join(this.#links, `${safe(id)}.json`), linkFile)
  }

  /** Uses up a link. False if it was used before. */
  takeLink(id: string): boolean {
    return ifPresent(() => unlinkSync(join(this.#links, `${safe(id)}.json`)))
  }

  /** Removes all links that were not used. */
  removeLinks(): void {
    for (const id of idsIn(this.#links)) rmSync(join(this.#links, `${id}.json`), { force: true })
  }

  /** Where the studio listens, or listened last; undefined if it never did. */
  server(): ServerFile | undefined {
    return read(this.#server, serverFile)
  }

  listensAt(server: Omit<ServerFile, 'version'>): void {
    write(this.#server, { version, ...server })
  }

  #keyPath(id: string): string {
    return join(this.#keys, `${safe(id)}.json`)
  }
}

/** Ids come from requests. */
const safe = (id: string): string => (/^[0-9a-f]+$/.test(id) ? id : 'none')

const idsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^[0-9a-f]+\.json$/.test(name))
    .map((name) => basename(name, '.json'))

const write = (file: string, document: unknown): void =>
  writeAtomically(file, `${toJson(document, 2)}\n`, { mode: ownerOnly.file })

/** A damaged file gives no access. It must not keep the studio from starting either. */
function read<S extends z.ZodType>(file: string, schema: S): z.infer<S> | undefined {
  try {
    return readJsonIfPresent(file, schema)
  } catch (cause) {
    if (cause instanceof StudioError) return undefined
    throw cause
  }
}

/** Runs `change`; false if its file is gone. */
function ifPresent(change: () => void): boolean {
  try {
    change()
    return true
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false
    throw cause
  }
}
