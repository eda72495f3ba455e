import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'
import { readFirstPage } from '#node/animated-webp.ts'

/** Sources of the two kinds of files. */
export interface FileSources {
  /** Folder of the built window. */
  page: string
  /** File of the workspace behind a media path, if there is one. */
  mediaFile(urlPath: string): string | undefined
}

/** A response with its body in memory: the files are the window's scripts and short previews. */
export interface FileResponse {
  status: 200 | 400 | 403 | 404
  headers: Record<string, string>
  body: Buffer<ArrayBuffer>
}

/** The one style element of the window: the colours of Nuxt UI, which its plugin adds when it starts. A test of the built window compares. */
const colourStyleHash = 'sha256-1X47E3T13/CtdVSigDhKMtTqwtJl37ataKsCBmA0hQQ='

/**
 * The page may load from its own origin only, and has no style element but one. Attributes may set styles: components and charts
 * write sizes and positions into markup.
 */
export const contentPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  `style-src 'self' '${colourStyleHash}'`,
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ')

/** Headers of every response. */
export const securityHeaders = {
  'content-security-policy': contentPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.mp4': 'video/mp4',
}

/** No file system of the studio's systems has longer names. */
const maxNameBytes = 255

export type Target =
  /** No path: it cannot be decoded, or no file can have this name. */
  | { kind: 'malformed' }
  | { kind: 'outside' }
  | { kind: 'media'; urlPath: string }
  | { kind: 'asset'; file: string }
  | { kind: 'route' }

/**
 * Reads an encoded URL path: a media path, a file of the build, or an address inside the window, which gets the page.
 * A path that would leave the folder, however it is encoded, is `outside`.
 */
export function targetOf(encodedPath: string): Target {
  const path = decode(encodedPath)
  if (path === undefined || !path.startsWith('/') || /[\0\\]/.test(path)) return { kind: 'malformed' }
  const segments = path.split('/')
  if (segments.some((name) => Buffer.byteLength(name) > maxNameBytes)) return { kind: 'malformed' }
  if (segments.includes('..') || segments.includes('.')) return { kind: 'outside' }
  if (path.startsWith(protocol.mediaPath)) return { kind: 'media', urlPath: path }
  // Ids of runs hold a dot (`falls-1.distill`), so a dot alone does not make a file.
  return Object.hasOwn(contentTypes, extname(path)) ? { kind: 'asset', file: join(...segments) } : { kind: 'route' }
}

/** Responds to an encoded URL path (without its query) from the build or from the workspace's media. */
export async function respondTo(encodedPath: string, sources: FileSources): Promise<FileResponse> {
  const target = targetOf(encodedPath)
  switch (target.kind) {
    case 'malformed':
      return textResponse(400, 'The path of this request is not valid.')
    case 'outside':
      return textResponse(403, 'This path is outside the studio.')
    case 'route':
      return fileResponse(join(sources.page, 'index.html'))
    case 'asset':
      return fileResponse(join(sources.page, target.file))
    case 'media': {
      const file = sources.mediaFile(target.urlPath)
      if (file === undefined) return textResponse(404, 'There is no such file.')
      return fileResponse(file, target.urlPath.endsWith(protocol.stillEnding) ? readFirstPage : readFile)
    }
  }
}

/** A response of one sentence as plain text. */
export function textResponse<S extends number>(
  status: S,
  text: string,
): { status: S; headers: Record<string, string>; body: Buffer<ArrayBuffer> } {
  return {
    status,
    headers: { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: Buffer.from(`${text}\n`),
  }
}

async function fileResponse(
  file: string,
  read: (file: string) => Promise<Buffer<ArrayBuffer>> = readFile,
): Promise<FileResponse> {
  try {
    const body = await read(file)
    return {
      status: 200,
      headers: {
        ...securityHeaders,
        'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
        'cache-control': 'no-store',
      },
      body,
    }
  } catch (cause) {
    const code = systemCode(cause) ?? ''
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(code)) return textResponse(404, 'There is no such file.')
    if (['ENAMETOOLONG', 'EINVAL', 'ELOOP'].includes(code))
      return textResponse(400, 'The path of this request is not valid.')
    throw cause
  }
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
