import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { byCommand, install, type InstallOptions, type Recipe } from '#main/engines/install.ts'
import { buildCommand, builtTensorFlowRecipe } from '#main/engines/tensorflow.ts'

const root = mkdtempSync(join(tmpdir(), 'mvd-studio-install-'))
afterAll(() => rmSync(root, { recursive: true }))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(root, 'package-'))
})

/** A package whose installation is a few lines of JavaScript that run in its folder. */
const recipe = (script: string): Recipe =>
  byCommand(
    { title: 'The library', folder, makes: ['lib', join('bin', 'one.so')] },
    { command: ['-e', script], environment: { GIVEN: 'given' } },
  )
const createFiles = `const fs = require('fs'); fs.mkdirSync('lib'); fs.writeFileSync('lib/new', process.env.GIVEN); fs.mkdirSync('bin', { recursive: true }); fs.writeFileSync('bin/one.so', 'new');`

const options = (changes: Partial<InstallOptions> = {}): InstallOptions => ({
  nodePath: process.execPath,
  signal: new AbortController().signal,
  onProgress: () => {},
  verify: () => Promise.resolve(),
  ...changes,
})

/** Creates the result of an earlier installation. */
function makeEarlier(): void {
  mkdirSync(join(folder, 'lib'))
  writeFileSync(join(folder, 'lib', 'old'), 'old')
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin', 'one.so'), 'old')
  writeFileSync(join(folder, 'bin', 'other.so'), 'other')
}

const files = (): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
const earlierFiles = ['bin', 'bin/one.so', 'bin/other.so', 'lib', 'lib/old']

async function refusal(made: Promise<void>): Promise<string> {
  try {
    await made
  } catch (cause) {
    if (!(cause instanceof StudioError)) throw cause
    return `${cause.code}: ${cause.message} | ${cause.hint}`
  }
  return 'installed'
}

test('what the command creates replaces the former contents after it was tried', async () => {
  makeEarlier()
  const said: string[] = []
  const tried: string[][] = []
  await install(
    recipe(`${createFiles} console.log('unpacking')`),
    options({ onProgress: (line) => said.push(line), verify: () => Promise.resolve(void tried.push(files())) }),
  )
  expect(said).toEqual(['unpacking'])
  expect(tried[0]).toContain('lib/new')
  expect(files()).toEqual(['bin', 'bin/one.so', 'bin/other.so', 'lib', 'lib/new'])
  expect(readFileSync(join(folder, 'lib', 'new'), 'utf8')).toBe('given')
})

describe('the former contents are restored', () => {
  test.each([
    [
      'without a network',
      `${createFiles} throw new Error('getaddrinfo ENOTFOUND api.nuget.org')`,
      'engine-unavailable: The library could not be downloaded: getaddrinfo ENOTFOUND api.nuget.org. | Check the network and the proxy (HTTPS_PROXY), then try again. Nothing was changed; the other engines work as before.',
    ],
    [
      'if a server refuses',
      `console.error('Error: Failed to download from https://host/file. HTTP status code = 403'); process.exit(1)`,
      'engine-unavailable: The library could not be downloaded: Failed to download from https://host/file. HTTP status code = 403. | Check the network and the proxy (HTTPS_PROXY), then try again. Nothing was changed; the other engines work as before.',
    ],
    [
      'if a compiler is missing',
      `console.error('not found: make'); process.exit(7)`,
      'engine-unavailable: The library could not be installed: exit code 7.\nnot found: make | Nothing was changed; the other engines work as before.',
    ],
    [
      'if the command creates less than the recipe says',
      `require('fs').mkdirSync('lib')`,
      'engine-unavailable: The library could not be installed: the command ended without errors but did not create bin/one.so. | Nothing was changed; the other engines work as before.',
    ],
  ])('%s', async (_, script, sentence) => {
    makeEarlier()
    expect(await refusal(install(recipe(script), options()))).toBe(sentence)
    expect(files()).toEqual(earlierFiles)
    expect(readFileSync(join(folder, 'bin', 'one.so'), 'utf8')).toBe('old')
  })

  test('if the result does not work', async () => {
    expect(
      await refusal(
        install(
          recipe(createFiles),
          options({
            verify: () => Promise.reject(new StudioError('engine-unavailable', 'It does not load.', 'Nothing.')),
          }),
        ),
      ),
    ).toBe('engine-unavailable: It does not load. | Nothing.')
    expect(files()).toEqual(['bin'])
  })

  test('if it is cancelled', async () => {
    makeEarlier()
    const controller = new AbortController()
    const made = install(
      recipe(`${createFiles} console.log('half'); setInterval(() => {}, 1000)`),
      options({ signal: controller.signal, onProgress: () => controller.abort() }),
    )
    expect(await refusal(made)).toBe(
      'cancelled: The installation was cancelled. Nothing was changed. | Start it again to install the engine.',
    )
    expect(files()).toEqual(earlierFiles)
  })

  test('after an earlier installation that was killed', async () => {
    mkdirSync(join(folder, 'lib.before'))
    writeFileSync(join(folder, 'lib.before', 'old'), 'old')
    mkdirSync(join(folder, 'lib'))
    await refusal(install(recipe('process.exit(1)'), options()))
    expect(files()).toEqual(['lib', 'lib/old'])
  })
})

test('a folder without TensorFlow is rejected', () => {
  expect(() => buildCommand(folder, root, 'node-gyp')).toThrow(
    `${folder} is not the TensorFlow package of Python: it does not contain include.`,
  )
  mkdirSync(join(folder, 'include'))
  expect(() => buildCommand(folder, root, 'node-gyp')).toThrow(
    `${folder} is not the TensorFlow package of Python: it does not contain libtensorflow_cc.so.2.`,
  )
})

test('with a TensorFlow of Python, the addon is built where the package looks for it', () => {
  mkdirSync(join(folder, 'include'))
  for (const library of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
    writeFileSync(join(folder, library), library)
  const recipe = builtTensorFlowRecipe(folder, 'node-gyp')
  expect(recipe.makes).toEqual(['deps', 'lib', 'build'])
  expect(existsSync(join(recipe.folder, 'binding.gyp'))).toBe(true)
  expect(buildCommand(folder, recipe.folder, 'node-gyp').command).toEqual(
    expect.arrayContaining(['node-gyp', 'rebuild', `--module_path=${join(recipe.folder, 'lib', 'napi-v8')}`]),
  )
})
