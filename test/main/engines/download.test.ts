import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { download, forget, type PinnedPackage, unpack } from '#main/engines/download.ts'

/** A package with one library, as the registry serves it. */
const archive = await (async () => {
  const entries = pack()
  entries.entry({ name: 'package/lib/libone.so' }, 'one')
  entries.entry({ name: 'package/README.md' }, 'read me')
  entries.finalize()
  return gzipSync(await buffer(entries))
})()
const pinned: PinnedPackage = {
  name: 'libraries',
  version: '1.2.3',
  integrity: `sha512-${createHash('sha512').update(archive).digest('base64')}`,
}

let answer: RequestListener
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  answer(request, response)
})
const serveArchive: RequestListener = (_request, response) =>
  void response.writeHead(200, { 'content-length': archive.byteLength }).end(archive)
const root = mkdtempSync(join(tmpdir(), 'mvd-studio-download-'))
let folder = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${address.port}/`)
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(root, { recursive: true })
  vi.unstubAllEnvs()
})
beforeEach(() => {
  folder = mkdtempSync(join(root, 'cache-'))
  vi.stubEnv('XDG_CACHE_HOME', folder)
  asked.length = 0
  answer = serveArchive
})

const fetched = (options: { signal?: AbortSignal; onProgress?: (line: string) => void } = {}): Promise<string> =>
  download(pinned, { signal: new AbortController().signal, onProgress: () => {}, ...options })
const keptFiles = (): string[] => readdirSync(join(folder, 'mvd-studio', 'downloads'))

async function refusal(made: Promise<unknown>): Promise<string> {
  try {
    await made
  } catch (cause) {
    if (!(cause instanceof StudioError)) throw cause
    return `${cause.code}: ${cause.message}`
  }
  return 'downloaded'
}

test('a package is downloaded once, and again after it was forgotten', async () => {
  const lines: string[] = []
  const file = await fetched({ onProgress: (line) => lines.push(line) })
  expect(readFileSync(file).equals(archive)).toBe(true)
  expect(lines[0]).toMatch(/^Downloading libraries 1\.2\.3 \(\d+ B\)\.$/)
  expect(lines.at(-1)).toBe('100 %')
  expect(await fetched()).toBe(file)
  expect(asked).toEqual(['/libraries/-/libraries-1.2.3.tgz'])

  forget(pinned)
  await fetched()
  expect(asked).toHaveLength(2)
})

test('a kept download that was damaged is downloaded again', async () => {
  const file = await fetched()
  writeFileSync(file, archive.subarray(0, 20))
  expect(readFileSync(await fetched()).equals(archive)).toBe(true)
  expect(asked).toHaveLength(2)
})

test('a file with another digest is refused and not kept', async () => {
  answer = (_request, response) => void response.end(gzipSync('something else'))
  expect(await refusal(fetched())).toMatch(
    /^engine-unavailable: The file http:\S+libraries-1\.2\.3\.tgz is not the one that was published: its digest is sha512-\S+, not sha512-/,
  )
  expect(keptFiles()).toEqual([])
})

test.each<[string, RequestListener, RegExp]>([
  [
    'a refusal of the server',
    (_request, response) => void response.writeHead(404).end(),
    /could not be downloaded: the server answered 404 for http:\S+libraries-1\.2\.3\.tgz\.$/,
  ],
  [
    'a connection that breaks off',
    (_request, response) => {
      response.writeHead(200, { 'content-length': archive.byteLength })
      response.write(archive.subarray(0, 10), () => response.destroy())
    },
    /^engine-unavailable: The package libraries 1\.2\.3 could not be downloaded: \S+/,
  ],
])('%s is reported and nothing is kept', async (_, listener, sentence) => {
  answer = listener
  expect(await refusal(fetched())).toMatch(sentence)
  expect(keptFiles()).toEqual([])
})

test('a cancelled download leaves nothing', async () => {
  const controller = new AbortController()
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': archive.byteLength })
    response.write(archive.subarray(0, 10), () => controller.abort())
  }
  await expect(fetched({ signal: controller.signal })).rejects.toThrow('aborted')
  expect(keptFiles()).toEqual([])
})

test('files of an archive are unpacked under other names; a missing one is an error', async () => {
  const file = await fetched()
  const target = join(folder, 'libone.so')
  await unpack(file, new Map([['package/lib/libone.so', target]]))
  expect(readFileSync(target, 'utf8')).toBe('one')
  expect(existsSync(join(folder, 'README.md'))).toBe(false)
  await expect(unpack(file, new Map([['package/lib/libtwo.so', target]]))).rejects.toThrow(
    'does not contain package/lib/libtwo.so.',
  )
})
