import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import * as http from 'node:http'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { StudioError } from '#contract/api/errors.ts'
import { formatBytes } from '#contract/format.ts'
import { cacheFolder } from '#node/user-folders.ts'

/** One version of a package of the npm registry. */
export interface PinnedPackage {
  readonly name: string
  readonly version: string
  /** `sha512-…`, as lockfiles have it. */
  readonly integrity: string
}

export interface DownloadOptions {
  readonly signal: AbortSignal
  /** Receives a line for every tenth of a download. */
  onProgress(line: string): void
}

/**
 * Downloads a package from the npm registry and compares its digest. A complete download is kept in the user's cache folder, so that a
 * later try does not repeat it; remove it with `forget`.
 * @returns path of the package's archive
 * @throws StudioError `engine-unavailable` if the network fails or the digest differs, `cancelled` if the signal aborts
 */
export async function download(pinned: PinnedPackage, options: DownloadOptions): Promise<string> {
  const file = archiveOf(pinned)
  if (existsSync(file)) {
    if ((await digestOf(file)) === pinned.integrity) return file
    rmSync(file)
  }
  const url = addressOf(pinned)
  const partial = `${file}.${process.pid}.partial`
  mkdirSync(downloadsFolder(), { recursive: true })
  const hash = createHash('sha512')
  // Older versions of Node 22 do not have it.
  const restoreProxy = (http.setGlobalProxyFromEnv as typeof http.setGlobalProxyFromEnv | undefined)?.()
  try {
    const response = await fetch(url, { signal: options.signal })
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status} for ${url}`)
    await pipeline(
      Readable.fromWeb(response.body),
      counted(pinned, Number(response.headers.get('content-length') ?? 0), options),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(partial),
    )
    const found = `sha512-${hash.digest('base64')}`
    if (found !== pinned.integrity)
      throw new StudioError(
        'engine-unavailable',
        `The file ${url} is not the one that was published: its digest is ${found}, not ${pinned.integrity}.`,
        'Nothing was installed. Check the registry (npm config get registry) and the proxy, then try again.',
      )
    renameSync(partial, file)
    return file
  } catch (cause) {
    throw options.signal.aborted || cause instanceof StudioError ? cause : unreachable(pinned, cause)
  } finally {
    restoreProxy?.()
    rmSync(partial, { force: true })
  }
}

/** Removes a kept download. */
export const forget = (pinned: PinnedPackage): void => rmSync(archiveOf(pinned), { force: true })

/**
 * Extracts files of an archive.
 * @param files paths in the archive → paths to write
 * @throws Error if the archive lacks one of them
 */
export async function unpack(archive: string, files: ReadonlyMap<string, string>): Promise<void> {
  const missing = new Set(files.keys())
  const entries = extract()
  const reading = pipeline(createReadStream(archive), createGunzip(), entries)
  for await (const entry of entries) {
    const target = files.get(entry.header.name)
    if (target === undefined) entry.resume()
    else await pipeline(entry, createWriteStream(target, { mode: 0o755 }))
    missing.delete(entry.header.name)
  }
  await reading
  if (missing.size > 0) throw new Error(`${archive} does not contain ${[...missing].join(', ')}.`)
}

const downloadsFolder = (): string => join(cacheFolder(), 'downloads')
const archiveOf = ({ name, version }: PinnedPackage): string => join(downloadsFolder(), `${name}-${version}.tgz`)

/** npm passes the configured registry to the scripts that it runs. */
function addressOf({ name, version }: PinnedPackage): string {
  const registry = process.env['npm_config_registry'] ?? 'https://registry.npmjs.org/'
  return `${registry.replace(/\/$/, '')}/${name}/-/${name}-${version}.tgz`
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return `sha512-${hash.digest('base64')}`
}

function counted({ name, version }: PinnedPackage, totalBytes: number, { onProgress }: DownloadOptions): Transform {
  let [doneBytes, tenths] = [0, 0]
  onProgress(`Downloading ${name} ${version}${totalBytes > 0 ? ` (${formatBytes(totalBytes)})` : ''}.`)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      doneBytes += chunk.byteLength
      const reached = totalBytes > 0 ? Math.floor((10 * doneBytes) / totalBytes) : 0
      if (reached > tenths) onProgress(`${10 * (tenths = reached)} %`)
      done(null, chunk)
    },
  })
}

/** `fetch` hides the error of the system in its cause. */
function unreachable({ name, version }: PinnedPackage, cause: unknown): StudioError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return new StudioError(
    'engine-unavailable',
    `The package ${name} ${version} could not be downloaded: ${inner instanceof Error ? inner.message : String(inner)}.`,
    'Check the network, the registry (npm config get registry) and the proxy (HTTPS_PROXY), then try again. Nothing was changed; the other engines work as before.',
    { cause },
  )
}
