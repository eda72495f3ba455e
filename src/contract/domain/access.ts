import { z } from 'zod'
import { formatVersions } from '../layout.ts'

/** `access/keys/<id>.json`: the key of a page. Who reads the file cannot open the studio with it. The file's time is when it was last seen. */
export const keyFile = z.object({
  version: z.literal(formatVersions.access).default(formatVersions.access),
  /** Hash of the key: see `contract/api/handshake.ts`. */
  verifier: z.string(),
  createdAt: z.iso.datetime(),
  /** Such as `Firefox on Linux`, as the browser itself says. */
  browser: z.string(),
  /** Address of the studio that the browser opened. */
  origin: z.string(),
})
export type KeyFile = z.infer<typeof keyFile>

/** `access/links/<id>.json`: a link that nobody has used yet. */
export const linkFile = keyFile.pick({ version: true, verifier: true, createdAt: true })
export type LinkFile = z.infer<typeof linkFile>

/** `access/server.json`: where the studio listens, or listened last. */
export const serverFile = z.object({
  version: z.literal(formatVersions.access).default(formatVersions.access),
  /** Address for a browser: `http://127.0.0.1:8756`. */
  origin: z.string(),
  /** Port to take at the next start, so that open pages and bookmarks hold. */
  port: z.int().min(1).max(65_535),
})
export type ServerFile = z.infer<typeof serverFile>

/** `access/studio.json`: the studio that has the workspace open, or had it and was killed. */
export const studioFile = z.object({
  version: z.literal(formatVersions.access).default(formatVersions.access),
  /** Path of the local socket, relative to the workspace if it is inside; on Windows the name of a pipe. */
  socket: z.string(),
  pid: z.int(),
  /** Name of the machine. */
  host: z.string(),
})
export type StudioFile = z.infer<typeof studioFile>

/** A browser that has access to the studio. */
export const accessKey = keyFile.pick({ createdAt: true, browser: true, origin: true }).extend({
  id: z.string(),
  lastSeenAt: z.iso.datetime(),
})
export type AccessKey = z.infer<typeof accessKey>
