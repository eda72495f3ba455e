import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findElectron, installElectron } from '#main/shells/electron/binary.ts'
import type { Download } from '#main/shells/electron/download-progress.ts'

const display = { DISPLAY: ':0' }
let root: string
let folder: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mvd-find-'))
  folder = join(root, 'node_modules', 'electron')
  mkdirSync(join(folder, 'dist'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

describe('findElectron', () => {
  it('finds the installed binary', () => {
    writeFileSync(join(folder, 'path.txt'), 'electron')
    writeFileSync(join(folder, 'dist', 'electron'), '')
    expect(findElectron(root, display, 'linux')).toEqual({ kind: 'found', path: join(folder, 'dist', 'electron') })
  })

  it('finds the binary in the given folder', () => {
    writeFileSync(join(root, 'electron'), '')
    expect(findElectron(root, { ...display, ELECTRON_OVERRIDE_DIST_PATH: root }, 'linux')).toEqual({
      kind: 'found',
      path: join(root, 'electron'),
    })
  })

  it.each([
    ['no binary was fetched', {}],
    ['the given folder is empty', { ELECTRON_OVERRIDE_DIST_PATH: '/nowhere' }],
  ])('does not find it if %s', (_name, environment) => {
    expect(findElectron(root, { ...display, ...environment }, 'linux')).toEqual({
      kind: 'missing',
      reason: 'The binary of Electron is not installed.',
    })
  })

  it('needs a display on Linux only', () => {
    writeFileSync(join(folder, 'path.txt'), 'electron')
    writeFileSync(join(folder, 'dist', 'electron'), '')
    expect(findElectron(root, {}, 'linux')).toEqual({
      kind: 'no-display',
      reason: 'There is no display for a window.',
    })
    expect(findElectron(root, {}, 'darwin')).toMatchObject({ kind: 'found' })
  })
})

/** Runs `use` with the address of a server on this machine. */
async function withServer<T>(listener: RequestListener, use: (address: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  } finally {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
}

/** Electron's own package, which would install below the temporary root. */
const copyPackage = () => cpSync(resolve('node_modules/electron'), folder, { recursive: true })

describe('installElectron', () => {
  const { signal } = new AbortController()
  afterEach(() => vi.unstubAllEnvs())

  it('reports the download of the installer', async () => {
    const bytes = Buffer.alloc(1_000_000)
    writeFileSync(
      join(folder, 'install.js'),
      `fetch(process.env.ELECTRON_MIRROR).then((response) => response.bytes())
        .then((bytes) => require('node:fs').writeFileSync(__dirname + '/dist/electron', bytes))`,
    )
    const downloads: Download[] = []
    const failure = await withServer(
      (_request, response) => response.setHeader('content-length', bytes.length).end(bytes),
      async (address) => {
        vi.stubEnv('ELECTRON_MIRROR', address)
        return installElectron(root, (download) => downloads.push(download), signal)
      },
    )
    expect(failure).toBeUndefined()
    expect(downloads.at(-1)).toEqual({ doneBytes: bytes.length, totalBytes: bytes.length })
    expect(downloads.length).toBeLessThanOrEqual(101)
    expect(existsSync(join(folder, 'dist', 'electron'))).toBe(true)
  })

  const modules = resolve('node_modules')

  it('reports why the installer of Electron failed: an address that does not answer with the binary', async () => {
    copyPackage()
    const failure = await withServer(
      (_request, response) => response.writeHead(404).end(),
      async (address) => {
        vi.stubEnv('ELECTRON_MIRROR', address)
        vi.stubEnv('NODE_PATH', modules)
        vi.stubEnv('electron_config_cache', join(root, 'cache'))
        return installElectron(root, () => {}, signal)
      },
    )
    expect(failure).toMatch(/^Electron could not be downloaded: Response code 404 \(Not Found\) for http:.*\.zip\.$/)
  })

  it('reports why the installer of Electron failed: a network that refuses', async () => {
    copyPackage()
    const address = await withServer(
      () => {},
      async (used) => used,
    )
    vi.stubEnv('ELECTRON_MIRROR', address)
    vi.stubEnv('NODE_PATH', modules)
    vi.stubEnv('electron_config_cache', join(root, 'cache'))
    expect(await installElectron(root, () => {}, signal)).toMatch(
      /^Electron could not be downloaded: connect ECONNREFUSED 127\.0\.0\.1:\d+\.$/,
    )
  })

  it('stops with its signal', async () => {
    writeFileSync(join(folder, 'install.js'), `fetch(process.env.ELECTRON_MIRROR).then((response) => response.bytes())`)
    const abort = new AbortController()
    const failure = await withServer(
      (_request, response) => response.setHeader('content-length', 1000).write('x', () => abort.abort()),
      async (address) => {
        vi.stubEnv('ELECTRON_MIRROR', address)
        return installElectron(root, () => {}, abort.signal)
      },
    )
    expect(failure).toMatch(/^Electron could not be downloaded: /)
  })

  it('needs the package', async () => {
    expect(await installElectron(root, () => {}, signal)).toContain('npm ci')
  })
})
