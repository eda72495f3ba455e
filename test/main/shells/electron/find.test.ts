import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findElectron } from '#main/shells/electron/find.ts'

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
  ])('misses it where %s', (_name, environment) => {
    expect(findElectron(root, { ...display, ...environment }, 'linux')).toEqual({
      kind: 'missing',
      reason: 'The binary of Electron is not installed ("npx install-electron" fetches it).',
    })
  })

  it('needs a display on Linux alone', () => {
    writeFileSync(join(folder, 'path.txt'), 'electron')
    writeFileSync(join(folder, 'dist', 'electron'), '')
    expect(findElectron(root, {}, 'linux')).toEqual({ kind: 'missing', reason: 'There is no display for a window.' })
    expect(findElectron(root, {}, 'darwin')).toMatchObject({ kind: 'found' })
  })
})
