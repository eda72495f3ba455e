import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'

/** Where the two kinds of files come from. */
export interface FileSources {
  /** Folder of the built window. */
  page: string
  /** File of the workspace behind a media path, if there is one. */
  mediaFile(urlPath: string): string | undefined
}

/** An answer with its body in memory: the files are the window's scripts and short previews. */
export interface FileAnswer {
  status: 200 | 403 | 404
  headers: Record<string, string>
  body: Buffer<ArrayBuffer>
}

/** The page may load from its own origin alone. Styles are inline where Vue and the charts set sizes. */
const contentPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ')

/** Headers of every answer, whatever it says. */
export const guardHeaders = {
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

export type Target =
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
  if (path === undefined || !path.startsWith('/') || /[\0\\]/.test(path)) return { kind: 'outside' }
  const segments = path.split('/')
  if (segments.includes('..') || segments.includes('.')) return { kind: 'outside' }
  if (path.startsWith(protocol.mediaPath)) return { kind: 'media', urlPath: path }
  // Ids of runs hold a dot (`falls-1.distill`), so a dot alone does not make a file.
  return Object.hasOwn(contentTypes, extname(path)) ? { kind: 'asset', file: join(...segments) } : { kind: 'route' }
}

/** Answers an encoded URL path (without its query) from the build or from the workspace's media. */
export async function answerPath(encodedPath: string, sources: FileSources): Promise<FileAnswer> {
  const target = targetOf(encodedPath)
  switch (target.kind) {
    case 'outside':
      return sentence(403, 'This path lies outside the studio.')
    case 'route':
      return answerFile(join(sources.page, 'index.html'))
    case 'asset':
      return answerFile(join(sources.page, target.file))
    case 'media': {
      const file = sources.mediaFile(target.urlPath)
      return file === undefined ? sentence(404, 'There is no such file.') : answerFile(file)
    }
  }
}

/** An answer of one plain sentence. */
export function sentence<S extends number>(
  status: S,
  text: string,
): { status: S; headers: Record<string, string>; body: Buffer<ArrayBuffer> } {
  return {
    status,
    headers: { ...guardHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: Buffer.from(`${text}\n`),
  }
}

async function answerFile(file: string): Promise<FileAnswer> {
  try {
    const body = await readFile(file)
    return {
      status: 200,
      headers: {
        ...guardHeaders,
        'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
        'cache-control': 'no-store',
      },
      body,
    }
  } catch (cause) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(systemCode(cause) ?? ''))
      return sentence(404, 'There is no such file.')
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
